// Does a run that goes on from an older snapshot come to the same bits?
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/load.h"
#include "plugin/registry.h"
#include "store/store.h"
#include "train/replay.h"

namespace cairn {

struct ResumeCheck {
  std::string run;
  std::filesystem::path run_folder;
  std::optional<Moment> from;  // the nearest snapshot at or before it; none: the newest that is older than the newest
  LoadRequest how;             // of loading the recorded pipeline
  const LoadResult* now = nullptr;
};

struct ResumeVerdict {
  int64_t from = 0, to = 0;        // iterations between which it was replayed
  int64_t rows = 0;                // of the journal that are equal
  int64_t snapshots = 0;           // whose digest is equal
  std::string first;               // what differs first; empty: nothing
  std::vector<std::string> paths;  // of the tree that differ at the next snapshot, in order
  bool equal() const { return first.empty(); }
};

// Replays in memory, comparing every row with the journal and the state with every snapshot on the way; ends at the
// first snapshot that differs. NotFound when there are not two snapshots to go between; FailedPrecondition for a
// beginning before a rollback, which a replay cannot pass.
ResumeVerdict verify_resume(const ResumeCheck& check, Store& store, Registry& registry, Logger& log);

}  // namespace cairn
