// The training loop without evaluation and snapshots, as train/loop.cpp runs it.
#pragma once
#include "bench/rig.h"
#include "train/batches.h"
#include "train/history.h"
#include "train/iteration.h"
#include "train/monitors.h"
#include "train/recorder.h"
#include "train/run_state.h"

namespace cairn::bench {

// Where the training thread was, in seconds on the wall.
struct Where {
  double waiting = 0, computing = 0, recording = 0;
};

// Borrows the rig.
class WholeTraining {
 public:
  explicit WholeTraining(Rig& rig);
  void iterate();
  const Where& where() const { return where_; }
  const at::Tensor& newest_images() const { return newest_; }

 private:
  Rig& rig_;
  RunState state_;
  History history_;
  Monitors monitors_;
  Recorder recorder_{monitors_, history_};
  Iteration iteration_;
  std::unique_ptr<Loader> loader_;
  Where where_;
  at::Tensor newest_;  // a copy of the first batch
};

}  // namespace cairn::bench
