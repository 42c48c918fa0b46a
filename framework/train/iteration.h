// One batch through the network and back, and a step when one is due.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/pipeline.h"
#include "dataset/loader.h"
#include "train/device.h"
#include "train/input.h"
#include "train/kept_buffers.h"
#include "train/run_state.h"
#include "train/stages.h"

namespace cairn {

struct IterationReport {
  std::vector<std::pair<std::string, double>> losses;  // "loss/box", ..., in the model's order
  double total = 0;                                    // as back-propagated
  std::vector<Rates> rates;                            // of the groups
  double gradient_norm = 0;                            // before clipping; of a step only
  bool finite = true;                                  // false: no step; the gradients are gone, with NonFinite::Skip
                                                       // the buffers are as before
  bool stepped = false;
};

// [train thread] Borrows all of it.
class Iteration {
 public:
  Iteration(const TrainTable& table, const Compute& compute, Stages& stages, RunState& state);
  // Runs state.at and leaves `state` at the cut behind it.
  IterationReport run(const Batch& batch);

 private:
  void backward(const Batch& batch, IterationReport& report);
  void step(IterationReport& report);

  const TrainTable& table_;
  const Compute& compute_;
  Stages& stages_;
  RunState& state_;
  std::optional<KeptBuffers> buffers_;  // when iterations may be skipped
};

}  // namespace cairn
