#include "train/validation.h"

#include <ATen/core/grad_mode.h>
#include <torch/nn/module.h>

#include "base/crash_point.h"
#include "evaluate/postprocess.h"
#include "plugin/call.h"
#include "train/batches.h"
#include "train/iteration.h"

namespace cairn {
namespace {

constexpr size_t kBatchesKept = 3;

FastRule rule_of(FastApRule rule) {
  switch (rule) {
    case FastApRule::Yolov5:
      return FastRule::Yolov5;
    case FastApRule::Yolov7:
      return FastRule::Yolov7;
    case FastApRule::Ultralytics84:
      return FastRule::Ultralytics84;
  }
  return FastRule::Yolov5;
}

std::vector<DrawnBox> drawn_detections(const Detections& detections) {
  std::vector<DrawnBox> boxes;
  for (const Detection& d : detections) boxes.push_back({d.x1, d.y1, d.x2, d.y2, d.class_id, d.score});
  return boxes;
}

SeenBatch look_at(const Batch& batch, const std::vector<Detections>& detections) {
  const at::Tensor& images = batch.images_BCHW;
  SeenBatch seen;
  seen.pictures = planar_to_pictures({images.data_ptr<uint8_t>(), static_cast<size_t>(images.numel())}, images.size(0),
                                     images.size(2), images.size(3));
  for (const SampleInfo& info : batch.infos) seen.labels.push_back(drawn(info.boxes));
  for (const Detections& found : detections) seen.predictions.push_back(drawn_detections(found));
  return seen;
}

// The labels as the dataset has them: in pixels of the file, crowd regions included.
std::vector<Box> file_boxes(const DataStage& val, const std::string& plugin, int64_t index) {
  return call_plugin(plugin, "at", [&] { return val.dataset->at(index).boxes; });
}

}  // namespace

double fitness_of(const EvaluationMetrics& metrics, const FitnessTable& table) {
  return table.map50 * metrics.map50 + table.map50_95 * metrics.map50_95;
}

PostprocessOptions postprocess_options(const EvaluateTable& table, int64_t classes) {
  PostprocessOptions options;
  options.confidence = static_cast<float>(table.conf);
  options.iou = table.iou;
  options.max_detections = table.max_det;
  options.multi_label = classes > 1;
  return options;
}

Validation::Validation(const StageContext& context, const DataStage& val) : context_(context), val_(val) {}

void Validation::batch(Model& model, const Batch& batch, Evaluator& evaluator) {
  const at::Tensor images = to_input(batch.images_BCHW, context_.compute, context_.pipeline.train.channels_last);
  const Pipeline& pipeline = context_.pipeline;
  const std::string name = "model " + pipeline.model.type, dataset = "dataset " + pipeline.dataset.type;
  const at::Tensor predictions = call_plugin(name, "decode", [&] { return model.decode(model.forward(images)); });
  const PostprocessOptions options =
      postprocess_options(context_.pipeline.evaluate, static_cast<int64_t>(val_.dataset->classes().size()));
  const auto detections = postprocess(predictions, model.needs_nms() ? Suppression::Nms : Suppression::TopK, options);
  for (size_t i = 0; i < batch.infos.size(); ++i) {
    const SampleInfo& info = batch.infos[i];
    evaluator.add(val_.source->image_id(info.index), detections[i], info.mapping,
                  file_boxes(val_, dataset, info.index));
  }
  if (seen_.size() < kBatchesKept && context_.pipeline.evaluate.pictures) seen_.push_back(look_at(batch, detections));
}

std::optional<EvaluationResult> Validation::run(Model& model, const std::function<void(double)>& progress,
                                                const std::function<bool()>& stop) {
  const at::NoGradGuard no_grad;
  seen_.clear();
  const RectPlan plan =
      val_plan(context_.pipeline.evaluate, context_.pipeline.dataset, *val_.source, model.max_stride());
  const auto loader = make_val_loader(context_, val_, model.max_stride(), plan);
  Evaluator evaluator({rule_of(context_.pipeline.evaluate.fast_ap)}, val_.dataset->classes());
  model.module().eval();
  const int64_t batches = loader->batches_per_epoch();
  for (int64_t i = 0; i < batches; ++i) {
    if (stop()) return std::nullopt;
    batch(model, loader->next(), evaluator);
    crash_point(CrashPoint::Evaluating);
    progress(static_cast<double>(i + 1) / static_cast<double>(batches));
  }
  return evaluator.finish();
}

}  // namespace cairn
