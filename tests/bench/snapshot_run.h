// A real training that takes snapshots: YOLOv8n as in rig.h, with a store of its own.
#pragma once
#include <memory>
#include <vector>

#include "base/parallel.h"
#include "bench/rig.h"
#include "checkpoint/checkpointer.h"
#include "support/backends.h"
#include "train/computation.h"

namespace cairn::bench {

int64_t bench_iterations(int64_t otherwise);  // CAIRN_BENCH_ITERATIONS, or what the figure takes by itself

class SnapshotRun {
 public:
  // Borrows a mirror.
  SnapshotRun(const RigOptions& options, const KeepPolicy& keep, Backend* mirror = nullptr);
  void iterate();
  SaveOutcome save(Wait wait, const Metrics& metrics = {});  // of the cut behind the newest iteration
  void flush() { checkpointer_.flush(); }
  MirrorStatus drain();  // when the mirror has everything, or has failed
  Computation& computation() { return computation_; }
  int64_t skipped() const { return checkpointer_.skipped(); }
  double background_core_seconds() const { return checkpointer_.background_seconds() * machine_threads(); }
  uint64_t slot_bytes() const { return checkpointer_.memory_bytes(); }
  uint64_t store_bytes() const;  // of everything in the store's folder
  // After flush(): stored bytes of each snapshot that is there, oldest first; of packs that an earlier one has none.
  std::vector<uint64_t> snapshot_bytes();
  uint64_t state_bytes();  // raw, of the newest snapshot

 private:
  LoadResult load(const RigOptions& options);

  test::TempFolder folder_;
  Registry registry_;
  LoadResult config_;
  Computation computation_;
  std::unique_ptr<Loader> loader_;
  std::unique_ptr<Backend> backend_;
  Checkpointer checkpointer_;
};

}  // namespace cairn::bench
