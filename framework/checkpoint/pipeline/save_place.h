// One place of the ring: a slot and what it is for. Of save_pipeline.cpp and save_worker.cpp only.
#pragma once
#include <vector>

#include "checkpoint/pipeline/save_pipeline.h"

namespace cairn {

struct SavePipeline::Place {
  enum class State { Free, Captured, Queued, Encoding, Base } state = State::Free;
  Slot slot;
  std::vector<TreeLeaf> leaves;
  std::vector<TableRow> rows;  // of a base
  CutInfo cut;
  std::vector<Prediction> predictions;
  Job predicted_from = 0;
  Job job = 0;
};

}  // namespace cairn
