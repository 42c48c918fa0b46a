#include "store/run_line.h"

#include <algorithm>

namespace cairn {

RunLine::RunLine(std::vector<ManifestKey> keys) : keys_(std::move(keys)) {
  std::sort(keys_.begin(), keys_.end(), [](const ManifestKey& a, const ManifestKey& b) {
    return std::pair(a.generation, a.sequence) < std::pair(b.generation, b.sequence);
  });
  keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
}

std::optional<ManifestKey> RunLine::next() {
  while (!keys_.empty()) {
    ManifestKey key = std::move(keys_.back());
    keys_.pop_back();
    const bool hidden = std::any_of(begins_.begin(), begins_.end(), [&](const auto& begin) {
      return begin.first > key.generation && begin.second <= key.sequence;
    });
    if (!hidden) return key;
  }
  return std::nullopt;
}

void RunLine::saw(const SnapshotInfo& info) {
  begins_.emplace_back(info.generation, info.generation_start);
}

}  // namespace cairn
