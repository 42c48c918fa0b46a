// The snapshots of a run in the order in which a resume tries them.
#pragma once
#include <optional>
#include <vector>

#include "store/layout.h"
#include "store/snapshot.h"

namespace cairn {

// Hands out keys, the newest first: by generation, then by sequence. What a later generation has left behind is not on
// the line: a generation that began at sequence n hides everything of earlier ones from n on. Each manifest tells where
// its generation began, so the caller reports those it could read.
class RunLine {
 public:
  explicit RunLine(std::vector<ManifestKey> keys);  // in any order, repeated ones once
  std::optional<ManifestKey> next();
  void saw(const SnapshotInfo& info);

 private:
  std::vector<ManifestKey> keys_;                    // the newest last
  std::vector<std::pair<int64_t, int64_t>> begins_;  // generation, its first sequence
};

}  // namespace cairn
