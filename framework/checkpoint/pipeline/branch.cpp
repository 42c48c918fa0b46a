#include "checkpoint/pipeline/branch.h"

#include <cairn/error.h>

#include "store/lease.h"
#include "store/marks.h"

namespace cairn {

namespace {

void refuse_existing(Store& store, const std::string& run) {
  const auto there = store.manifests(run);
  if (there.empty()) return;
  fail(Code::AlreadyExists, "run '", run, "' has ", there.size(), " snapshots in the ", store.describe(),
       "; nothing was changed. Choose another --run name");
}

}  // namespace

// Two durable writes, the manifest and the mark. A lease would add two and guard nothing more: the manifest's name is
// free or it is not. While it is not there only the old one holds the packs, which must therefore still be there
// afterwards.
SnapshotInfo branch_snapshot(Store& store, const ManifestKey& from, const std::string& run, Clock::time_point now) {
  check_run_name(run);
  refuse_existing(store, run);
  auto stored = store.read_manifest(from);
  if (!stored) fail(Code::NotFound, from.key(), " is not in the ", store.describe());
  Manifest& manifest = stored->manifest;
  manifest.writer = kWriter;
  SnapshotInfo& info = manifest.info;
  const std::string parent = info.id;
  info.parent = parent;
  info.run = run;
  info.sequence = info.generation_start = 1;
  info.generation = WriterLease::next_generation(store, run);
  info.created = now;
  info.cut.reason = kBranchReason;
  if (!store.publish(manifest, stored->packs)) refuse_existing(store, run);
  if (!store.read_manifest(from)) {
    store.remove_manifest(manifest.key());
    fail(Code::NotFound, from.key(), " was removed meanwhile; run '", run, "' was not begun");
  }
  add_mark(store, {parent, "branch", run, "", ""});
  return info;
}

}  // namespace cairn
