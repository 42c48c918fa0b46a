#include "train/batches.h"

#include <cmath>
#include <numeric>

#include <cairn/random.h>

#include "dataset/order.h"

namespace cairn {
namespace {

constexpr double kRectPad = 0.5;  // of the published evaluations, in strides

// Width and height of a training batch; a multi-scale side is a function of (seed, epoch, batch).
cv::Size train_shape(const Pipeline& pipeline, int64_t stride, int64_t epoch, int64_t batch) {
  int64_t side = pipeline.dataset.image_size;
  if (pipeline.train.multi_scale > 0) {
    Rng rng({static_cast<uint64_t>(pipeline.run.seed), hash_text("multi_scale"), static_cast<uint64_t>(epoch),
             static_cast<uint64_t>(batch)});
    const double ratio = rng.uniform(1 - pipeline.train.multi_scale, 1 + pipeline.train.multi_scale);
    side = std::max<int64_t>(1, std::llround(static_cast<double>(side) * ratio / static_cast<double>(stride))) * stride;
  }
  return {static_cast<int>(side), static_cast<int>(side)};
}

}  // namespace

std::unique_ptr<Loader> make_train_loader(const StageContext& context, const Stages& stages) {
  const Pipeline& pipeline = context.pipeline;
  const int64_t stride = stages.model->max_stride(), size = stages.plan.images, epochs = stages.plan.epochs;
  LoaderOptions options;
  options.size = size;
  options.batch_size = stages.plan.batch_size;
  options.epochs = epochs;
  options.workers = context.compute.workers;
  options.memory = context.compute.device.is_cuda() ? HostMemory::Pinned : HostMemory::Pageable;
  options.name = [source = stages.train.source.get()](int64_t index) { return source->name(index); };
  std::function<int64_t(int64_t, int64_t)> index_at;
  if (pipeline.dataset.rect) {
    auto plan = std::make_shared<const RectPlan>(val_plan({}, pipeline.dataset, *stages.train.source, stride));
    options.shape = [plan](int64_t, int64_t batch) { return plan->shapes[static_cast<size_t>(batch)]; };
    index_at = [plan](int64_t, int64_t position) { return plan->order[static_cast<size_t>(position)]; };
  } else {
    options.shape = [&pipeline, stride](int64_t epoch, int64_t batch) {
      return train_shape(pipeline, stride, epoch, batch);
    };
    index_at = [seed = static_cast<uint64_t>(pipeline.run.seed), size](int64_t epoch, int64_t position) {
      return EpochOrder(seed, epoch, size, Shuffle::On).at(position);
    };
  }
  const auto make = [chain = stages.train.chain.get(), shape = options.shape, index_at, stride, epochs,
                     batch = options.batch_size,
                     image_size = pipeline.dataset.image_size](int64_t epoch, int64_t position) {
    const AugmentContext at{shape(epoch, position / batch), image_size, stride, Phase::Train, epoch, epochs};
    return chain->make(index_at(epoch, position), epoch, position, at);
  };
  return std::make_unique<Loader>(std::move(options), make);
}

RectPlan val_plan(const EvaluateTable& evaluate, const DatasetTable& dataset, const Source& source, int64_t stride) {
  std::vector<cv::Size> sizes;  // of the files: what the first resize rounds away decides nothing
  for (int64_t i = 0; i < source.size(); ++i) sizes.push_back(source.file_size(i));
  if (evaluate.rect) return rect_batches(sizes, dataset.image_size, stride, kRectPad, dataset.batch_size);
  RectPlan plan;
  plan.order.resize(sizes.size());
  std::iota(plan.order.begin(), plan.order.end(), 0);
  const int side = static_cast<int>((dataset.image_size + stride - 1) / stride * stride);
  const int64_t batches = (source.size() + dataset.batch_size - 1) / dataset.batch_size;
  plan.shapes.assign(static_cast<size_t>(batches), {side, side});
  return plan;
}

std::unique_ptr<Loader> make_val_loader(const StageContext& context, const DataStage& val, int64_t stride,
                                        const RectPlan& plan) {
  LoaderOptions options;
  options.size = val.source->size();
  options.batch_size = context.pipeline.dataset.batch_size;
  options.epochs = 1;
  options.workers = context.compute.workers;
  options.shape = [&plan](int64_t, int64_t batch) { return plan.shapes[static_cast<size_t>(batch)]; };
  options.name = [source = val.source.get()](int64_t index) { return source->name(index); };
  const auto make = [chain = val.chain.get(), &plan, stride, batch = options.batch_size,
                     image_size = context.pipeline.dataset.image_size](int64_t, int64_t position) {
    const AugmentContext at{plan.shapes[static_cast<size_t>(position / batch)], image_size, stride, Phase::Val, 0, 1};
    return chain->make(plan.order[static_cast<size_t>(position)], 0, position, at);
  };
  return std::make_unique<Loader>(std::move(options), make);
}

}  // namespace cairn
