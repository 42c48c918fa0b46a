#include "train/stages.h"

#include <algorithm>

#include <torch/nn/module.h>

#include "optimizer/groups.h"
#include "plugin/call.h"
#include "train/stop.h"

namespace cairn {
namespace {

Context base_context(const StageContext& context) {
  Context out;
  out.log = &context.log;
  out.run_directory = context.run_folder;
  out.seed = static_cast<uint64_t>(context.pipeline.run.seed);
  out.device = context.compute.device_name();
  out.image_size = context.pipeline.dataset.image_size;
  out.stop = &StopRequests::stop_flag();
  return out;
}

SourceOptions source_options(const StageContext& context, Split split) {
  const DatasetTable& table = context.pipeline.dataset;
  SourceOptions options;
  options.plugin = "dataset " + table.type;
  options.image_size = table.image_size;
  options.rule = table.resize_rule == ResizeRule::Ceil ? LoadRule::Ceil : LoadRule::Truncate;
  options.cache = table.cache == Cache::Ram    ? CacheKind::Ram
                  : table.cache == Cache::Disk ? CacheKind::Disk
                                               : CacheKind::None;
  options.cache_folder = context.pipeline.run.directory / "cache" / (split == Split::Train ? "train" : "val");
  return options;
}

Stage make_stage(const StageContext& context, const AugmentationTable& table, const ClassNames& classes) {
  Context create = base_context(context);
  create.classes = classes;
  return {context.registry.create<Augmentation>(table.type, table.params, create), table.type, table.probability,
          table.last_epochs_off, table.only_after};
}

std::vector<Stage> chain_stages(const StageContext& context, Split split, const ClassNames& classes) {
  std::vector<Stage> stages;
  for (const AugmentationTable& table : context.pipeline.augmentations) {
    if (split == Split::Train || table.type == "letterbox") stages.push_back(make_stage(context, table, classes));
  }
  const auto is_letterbox = [](const Stage& stage) { return stage.type == "letterbox"; };
  if (std::none_of(stages.begin(), stages.end(), is_letterbox)) {
    AugmentationTable letterbox;
    letterbox.type = "letterbox";
    stages.push_back(make_stage(context, letterbox, classes));
  }
  return stages;
}

Plan make_plan(const Pipeline& pipeline, int64_t images, int64_t classes) {
  Plan plan;
  plan.images = images;
  plan.classes = classes;
  plan.batch_size = pipeline.dataset.batch_size;
  plan.nominal_batch = pipeline.train.nominal_batch;
  plan.iterations_per_epoch = (images + plan.batch_size - 1) / plan.batch_size;
  plan.epochs = pipeline.run.epochs;
  if (pipeline.run.iterations) {
    plan.epochs = (*pipeline.run.iterations + plan.iterations_per_epoch - 1) / plan.iterations_per_epoch;
  }
  return plan;
}

void freeze(Model& model, const std::vector<std::string>& prefixes) {
  for (const std::string& prefix : prefixes) {
    int64_t frozen = 0;
    for (auto& parameter : model.module().named_parameters()) {
      if (!parameter.key().starts_with(prefix)) continue;
      parameter.value().requires_grad_(false);
      ++frozen;
    }
    if (frozen == 0) fail(Code::InvalidArgument, "model.freeze '", prefix, "': no parameter's name begins with it");
  }
}

void check_image_size(int64_t size, int64_t stride, const std::string& model) {
  if (size % stride == 0) return;
  const int64_t below = size / stride * stride;
  fail(Code::InvalidArgument, "dataset.image_size ", size, " is not a multiple of ", stride,
       ", the largest stride of model ", model, "; the nearest that are: ", below > 0 ? cat(below, " and ") : "",
       below + stride);
}

std::unique_ptr<Scheduler> make_scheduler(const StageContext& context, const Plan& plan, Rates base) {
  Context create = base_context(context);
  create.plan = plan;
  base.weight_decay = scaled_weight_decay(base.weight_decay, plan.batch_size, plan.nominal_batch);
  create.base_rates = base;
  return context.registry.create<Scheduler>(context.pipeline.scheduler.type, context.pipeline.scheduler.params, create);
}

}  // namespace

void place(Model& model, const Compute& compute, bool channels_last) {
  model.module().to(compute.device);
  if (!channels_last) return;
  const at::NoGradGuard no_grad;
  for (at::Tensor& parameter : model.module().parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
  }
}

void check_problems(const Dataset& dataset, std::string_view split, Logger& log) {
  int64_t refusals = 0;
  for (const Problem& problem : dataset.problems()) {
    const bool refuse = problem.severity == Problem::Severity::Refuse;
    refusals += refuse ? 1 : 0;
    const std::string where = problem.line > 0 ? cat(problem.file, ":", problem.line) : problem.file;
    log.write(refuse ? Level::Error : Level::Warning, cat(where, ": ", problem.message));
  }
  if (refusals > 0) {
    fail(Code::InvalidArgument, "the ", split, " set has ", refusals, " problem", refusals == 1 ? "" : "s",
         " that training would not survive honestly (listed above); `cairn data check` lists them all");
  }
  if (dataset.size() == 0) fail(Code::InvalidArgument, "the ", split, " set has no usable picture");
}

DataStage make_data(const StageContext& context, Split split) {
  Context create = base_context(context);
  create.split = split;
  DataStage data;
  const DatasetTable& table = context.pipeline.dataset;
  data.dataset = context.registry.create<Dataset>(table.type, table.params, create);
  check_problems(*data.dataset, split == Split::Train ? "training" : "validation", context.log);
  data.source = std::make_unique<Source>(*data.dataset, source_options(context, split));
  const Source* source = data.source.get();
  data.chain = std::make_unique<Chain>(
      chain_stages(context, split, data.dataset->classes()), create.seed,
      [source](int64_t index) { return source->load(index); }, source->size());
  return data;
}

std::unique_ptr<Model> make_model(const StageContext& context, const ClassNames& classes, const Plan& plan) {
  Context create = base_context(context);
  create.classes = classes;
  create.plan = plan;
  const ModelTable& table = context.pipeline.model;
  auto model = context.registry.create<Model>(table.type, table.params, create);
  place(*model, context.compute, context.pipeline.train.channels_last);
  return model;
}

Stages make_stages(const StageContext& context) {
  const Pipeline& pipeline = context.pipeline;
  Stages stages;
  stages.train = make_data(context, Split::Train);
  stages.val = make_data(context, Split::Val);
  const ClassNames classes = stages.train.dataset->classes();
  if (stages.val.dataset->classes() != classes)
    fail(Code::InvalidArgument, "training and validation set have different classes");
  stages.plan = make_plan(pipeline, stages.train.source->size(), static_cast<int64_t>(classes.size()));
  stages.model = make_model(context, classes, stages.plan);
  check_image_size(pipeline.dataset.image_size, stages.model->max_stride(), pipeline.model.type);
  freeze(*stages.model, pipeline.model.freeze);
  Context create = base_context(context);
  create.plan = stages.plan;
  stages.optimizer = context.registry.create<Optimizer>(pipeline.optimizer.type, pipeline.optimizer.params, create);
  stages.scheduler = make_scheduler(context, stages.plan, stages.optimizer->base_rates());
  constexpr GroupKind kOrder[] = {GroupKind::Decay, GroupKind::NoDecay, GroupKind::Bias};
  stages.groups = make_groups(*stages.model, kOrder);
  stages.names = {"model " + pipeline.model.type, "optimizer " + pipeline.optimizer.type,
                  "scheduler " + pipeline.scheduler.type};
  return stages;
}

std::unique_ptr<Ema> make_ema(const TrainTable& table, Model& model) {
  if (!table.ema) return nullptr;
  return std::make_unique<Ema>(named_state(model.module()), EmaSettings{table.ema_decay, table.ema_tau});
}

}  // namespace cairn
