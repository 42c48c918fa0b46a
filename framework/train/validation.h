// One evaluation of a model on the validation set.
#pragma once
#include <functional>
#include <optional>
#include <vector>

#include <cairn/model.h>

#include "dataset/loader.h"
#include "evaluate/evaluator.h"
#include "evaluate/nms.h"
#include "monitor/batch_picture.h"
#include "train/stages.h"

namespace cairn {

// The first batches, kept for val_batch*.jpg.
struct SeenBatch {
  std::vector<cv::Mat> pictures;
  std::vector<std::vector<DrawnBox>> labels, predictions;
};

// [train thread] Borrows all of it.
class Validation {
 public:
  Validation(const StageContext& context, const DataStage& val);
  // Runs `model` as it stands, in evaluation mode and float32 on the CPU. Empty when `stop` said true in between;
  // `progress` hears a fraction in 0..1 after each batch.
  std::optional<EvaluationResult> run(Model& model, const std::function<void(double)>& progress,
                                      const std::function<bool()>& stop);
  const std::vector<SeenBatch>& seen() const { return seen_; }  // of the newest run

 private:
  void batch(Model& model, const Batch& batch, Evaluator& evaluator);
  const StageContext& context_;
  const DataStage& val_;
  std::vector<SeenBatch> seen_;
};

// Weighted as [evaluate] fitness says.
double fitness_of(const EvaluationMetrics& metrics, const FitnessTable& table);
PostprocessOptions postprocess_options(const EvaluateTable& table, int64_t classes);

}  // namespace cairn
