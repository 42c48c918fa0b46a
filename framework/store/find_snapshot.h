// Snapshots by the names that people give them.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/snapshot.h"
#include "store/store.h"

namespace cairn {

// RUN            the newest on the run's line
// RUN@N          the newest at or before iteration N, after the evaluation that was due there
// RUN@N-         the same, but before that evaluation
// RUN@id:1a2b    by the beginning of the id, at least 4 digits
struct SnapshotName {
  std::string run;
  std::optional<int64_t> iteration;
  bool before_evaluation = false;
  std::string id;
};
SnapshotName parse_snapshot_name(const std::string& text);  // InvalidArgument

using Say = std::function<void(std::string_view)>;

// All readable manifests of a run by generation and sequence; damaged ones are told through `say` and left out.
std::vector<SnapshotInfo> read_infos(Store& store, const std::string& run, const Say& say);

// The newest on the run's line that can be read; damaged ones are told through `say`. Reads no more manifests than that
// takes.
std::optional<SnapshotInfo> newest_info(Store& store, const std::string& run, const Say& say);

// Those on the run's line: without what a later generation left behind. In order of sequence.
std::vector<SnapshotInfo> line_of(std::vector<SnapshotInfo> infos);

// NotFound, saying what there is.
SnapshotInfo find_snapshot(const std::vector<SnapshotInfo>& infos, const SnapshotName& name);

// Of a snapshot that was found. NotFound when it was removed since.
StoredManifest manifest_of(Store& store, const SnapshotInfo& info);

}  // namespace cairn
