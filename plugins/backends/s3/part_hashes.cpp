#include "s3/part_hashes.h"

#include <algorithm>
#include <thread>

#include "s3/sigv4.h"

namespace cairn::s3 {

namespace {

constexpr size_t kMostAtOnce = 4;  // threads

}  // namespace

PartHashes::PartHashes(std::vector<std::span<const std::byte>> parts)
    : parts_(std::move(parts)), hashes_(parts_.size()) {}

std::shared_future<std::string> PartHashes::begin(size_t part) {
  const size_t at_once = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMostAtOnce);
  const size_t end = std::min(part + at_once, parts_.size());
  for (size_t i = part; i < end; ++i) {
    if (hashes_[i].valid()) continue;
    hashes_[i] = std::async(std::launch::async, [bytes = parts_[i]] { return sha256_hex(bytes); });
  }
  return hashes_[part];
}

std::optional<std::string> PartHashes::ask(size_t part) {
  const std::shared_future<std::string> hash = begin(part);
  if (hash.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::nullopt;
  return hash.get();
}

std::string PartHashes::wait_for(size_t part) {
  return begin(part).get();
}

}  // namespace cairn::s3
