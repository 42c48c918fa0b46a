// A new run that begins at a snapshot of another: its first manifest names the same blocks, so nothing is copied.
#pragma once
#include "checkpoint/pipeline/collect.h"
#include "store/store.h"

namespace cairn {

inline constexpr std::string_view kBranchReason = "branch";  // of the cut of a run's first snapshot

// Publishes the first snapshot of `run`, whose parent is `from`, and marks `from` as the beginning of a branch. Returns
// what is now the newest snapshot of `run`. AlreadyExists when the run has snapshots; FailedPrecondition when a process
// trains it; NotFound when `from` is not there, or went away meanwhile: then the new run has none.
SnapshotInfo branch_snapshot(Store& store, const ManifestKey& from, const std::string& run, Clock::time_point now);

}  // namespace cairn
