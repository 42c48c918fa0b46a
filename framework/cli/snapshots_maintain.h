// The verbs of `cairn snapshots` that clean, check and mark, over an open store.
#pragma once
#include <chrono>
#include <ostream>
#include <string>

#include "checkpoint/pipeline/maintain.h"
#include "checkpoint/pipeline/retention.h"
#include "cli/snapshots_command.h"
#include "store/marks.h"

namespace cairn {

// Removes one snapshot by its name, or those of a run that the policy does not keep; one line with the reason for each.
// Space is freed by prune. Returns how many were (or would be) removed. FailedPrecondition for the last one of a run,
// and for one with a tag or pin.
size_t forget_snapshot(Store& store, const std::string& name, DryRun dry_run, std::ostream& out);
// `elsewhere`: marks in other stores that hold here.
size_t forget_by_policy(Store& store, const std::string& run, const KeepPolicy& policy,
                        const MarkedSnapshots& elsewhere, Clock::time_point now, DryRun dry_run, std::ostream& out);

void prune_store(Store& store, std::chrono::seconds grace, Clock::time_point now, DryRun dry_run, std::ostream& out);
void squash(Store& store, const std::string& name, DryRun dry_run, std::ostream& out);

// Whether everything that was read is intact.
bool verify(Store& store, const std::string& run, std::chrono::duration<double> budget, std::ostream& out);
void diff(Store& store, const std::string& first, const std::string& second, std::ostream& out);

// kind: "tag", "pin" or "note"; for a note `name` is its text. remove: takes tags or pins back.
enum class MarkAction { Add, Remove };
SnapshotInfo mark(Store& store, const std::string& snapshot, const std::string& kind, const std::string& name,
                  MarkAction action, std::ostream& out);
void copy(Store& from, Store& to, const std::string& name, DryRun dry_run, std::ostream& out);

}  // namespace cairn
