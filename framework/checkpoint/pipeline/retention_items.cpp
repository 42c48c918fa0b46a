#include "checkpoint/pipeline/retention_items.h"

namespace cairn {

std::vector<RetentionItem> retention_items(std::span<const SnapshotInfo> line, const MarkedSnapshots& marks,
                                           const std::set<int64_t>& unmirrored) {
  std::set<std::string> beginnings = marks.branched;  // and parents of the first snapshot of a generation
  for (const SnapshotInfo& info : line) {
    if (info.sequence == info.generation_start && !info.parent.empty()) beginnings.insert(info.parent);
  }
  std::vector<RetentionItem> items;
  items.reserve(line.size());
  for (const SnapshotInfo& info : line) {
    items.push_back({info.cut.epoch, info.cut.iteration, info.created, info.cut.metrics, info.size_bytes,
                     marks.tagged.contains(info.id), beginnings.contains(info.id), unmirrored.contains(info.sequence)});
  }
  return items;
}

}  // namespace cairn
