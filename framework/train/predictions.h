// What a snapshot may know about how the state came to be.
#pragma once
#include <vector>

#include <cairn/prediction.h>

#include "store/snapshot.h"
#include "train/run_state.h"
#include "train/stages.h"

namespace cairn {

// [train thread] From the cut `base` of this run to the state as it is. The optimizer's own formulas when exactly one
// step lies between; for the average its arithmetic over that step, or over several as if the weights had moved evenly.
std::vector<Prediction> predictions_since(const CutInfo& base, const RunState& state, const Stages& stages);

// The average's part: `steps` updates up to the newest one.
void predict_average(const Ema& ema, int64_t steps, std::vector<Prediction>& to);

}  // namespace cairn
