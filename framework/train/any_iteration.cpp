#include "train/any_iteration.h"

namespace cairn {

std::optional<Moment> moment_behind(const SnapshotInfo& found, const SnapshotName& name) {
  const auto moment = moment_of(name);
  return moment && !is_at(found, *moment) ? moment : std::nullopt;
}

Restored restored_at(Restored found, const SnapshotName& name, const ReplaySource& source) {
  const auto moment = moment_behind(found.info(), name);
  return moment ? replay(found, *moment, source).restored(found) : std::move(found);
}

}  // namespace cairn
