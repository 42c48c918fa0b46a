// The state tree of a run: what a snapshot holds, and how it is put back.
#pragma once
#include <cairn/state.h>

#include "train/environment.h"
#include "train/history.h"
#include "train/run_state.h"
#include "train/stages.h"

namespace cairn {

// Borrowed. Everything that an iteration can change is reachable from here.
struct RunTree {
  const Compute& compute;
  Stages& stages;
  RunState& state;
  History& history;
  RunRecord& record;

  // [train thread] At a cut only.
  void save(StateWriter& state_part, StateWriter& record_part) const;
  // Onto freshly made stages, whose plan `state` has. An average that the snapshot lacks begins as a copy.
  // DataLoss names what does not fit.
  void load(const StateReader& state_part, const StateReader& record_part);
};

// Weights alone, "model" below `from`, onto a module: of evaluation and prediction. `part` is "model" or "ema".
void load_weights(const StateReader& from, std::string_view part, torch::nn::Module& module);

}  // namespace cairn
