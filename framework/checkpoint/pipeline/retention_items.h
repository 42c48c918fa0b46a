// A run's line as decide() looks at it.
#pragma once
#include <set>
#include <span>
#include <vector>

#include "checkpoint/pipeline/retention.h"
#include "store/marks.h"
#include "store/snapshot.h"

namespace cairn {

// `unmirrored`: sequence numbers that a required mirror has not received. Parallel to the line.
std::vector<RetentionItem> retention_items(std::span<const SnapshotInfo> line, const MarkedSnapshots& marks,
                                           const std::set<int64_t>& unmirrored = {});

}  // namespace cairn
