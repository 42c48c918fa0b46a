// RUN@N for every command: the snapshot of that moment where there is one, else the nearest one before it and an exact
// replay of what lies between.
#pragma once
#include <optional>

#include "store/find_snapshot.h"
#include "train/replay.h"

namespace cairn {

// The moment that `name` names when it lies behind the snapshot that was found for it; empty when the snapshot is it.
std::optional<Moment> moment_behind(const SnapshotInfo& found, const SnapshotName& name);

// The state that `name` names. `found` is the snapshot that was found for it. [train thread]
Restored restored_at(Restored found, const SnapshotName& name, const ReplaySource& source);

}  // namespace cairn
