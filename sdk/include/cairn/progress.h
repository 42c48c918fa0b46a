// Where a run stands. An iteration is one batch; a step is one optimizer update.
#pragma once
#include <cstdint>
#include <optional>

namespace cairn {

// What is fixed when a run starts. [value]
struct Plan {
  int64_t epochs = 0;
  int64_t iterations_per_epoch = 0;
  int64_t batch_size = 0;
  int64_t nominal_batch = 0;  // gradients are accumulated towards this many images
  int64_t images = 0;         // in the training set
  int64_t classes = 0;
  int64_t iterations() const { return epochs * iterations_per_epoch; }
};

// The iteration that is about to run, or has just run. All counts start at 0. [value]
struct Progress {
  int64_t epoch = 0;
  int64_t position = 0;              // iteration within the epoch
  int64_t iteration = 0;             // over all epochs
  int64_t step = 0;                  // optimizer steps taken
  int64_t last_step_iteration = -1;  // iteration of the newest step
  Plan plan;
};

// How a parameter is treated by optimizer and scheduler. Untrained: in no group, never updated.
enum class GroupKind { Decay, NoDecay, Bias, Untrained };

// What a group trains with in one step. Momentum is empty for optimizers whose momentum is not scheduled (Adam's
// betas).
struct Rates {
  double lr = 0;
  std::optional<double> momentum;
  double weight_decay = 0;
};

}  // namespace cairn
