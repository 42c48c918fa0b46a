#include "train/computation.h"

#include "config/fingerprint.h"
#include "config/show.h"
#include "plugin/call.h"
#include "train/batches.h"

namespace cairn {
namespace {

RunRecord make_record(const LoadResult& config, const Compute& compute, const Stages& stages, Registry& registry) {
  RunRecord record;
  record.environment = describe_environment(compute, config.pipeline, registry);
  record.pipeline_toml = resolved_toml(config);
  record.numerics = numerics_values(config);
  record.train_fingerprint = stages.train.dataset->fingerprint();
  record.val_fingerprint = stages.val.dataset->fingerprint();
  return record;
}

}  // namespace

Compute compute_for(const Pipeline& pipeline, const StateReader* record) {
  Compute compute = resolve_compute(pipeline.run, pipeline.dataset.workers);
  if (record != nullptr && pipeline.run.threads == 0) {
    compute.threads = std::max(1, std::atoi(record->text("environment/threads").c_str()));
  }
  if (record != nullptr && pipeline.run.precision == Precision::Auto) {
    const std::string precision = record->text("environment/precision");
    for (Precision known : {Precision::Fp32, Precision::Bf16, Precision::Fp16}) {
      if (name_of(known) == precision) compute.precision = known;
    }
  }
  return compute;
}

Computation::Computation(const LoadResult& config, const Compute& with, Registry& registry, Logger& logger,
                         std::filesystem::path run_folder)
    : pipeline(config.pipeline),
      log(logger),
      compute(with),
      context{pipeline, registry, log, compute, std::move(run_folder)},
      iteration(pipeline.train, compute, stages, state),
      validation(context, stages.val) {
  apply_compute(compute, pipeline.run.determinism);
  stages = make_stages(context);
  state.at.plan = stages.plan;
  record = make_record(config, compute, stages, registry);
}

void Computation::begin(const ReadWeights& read) {
  if (!pipeline.model.weights.empty()) load_initial_weights(*stages.model, pipeline.model.weights, read, log);
  hand_over_what_it_asks_for(*stages.model, *stages.train.dataset, pipeline.dataset.image_size, read, log);
  stages.ema = make_ema(pipeline.train, *stages.model);
  last_iteration = count_iterations();
}

void Computation::load(const Restored& from) {
  refuse_other_epochs(from);
  stages.ema = make_ema(pipeline.train, *stages.model);
  tree().load(from.state(), from.record());
  last_iteration = count_iterations();
}

// A length in iterations has no meaning left when an epoch has another number of them.
void Computation::refuse_other_epochs(const Restored& from) const {
  const int64_t was = from.state().integer("progress/iterations_per_epoch"), is = stages.plan.iterations_per_epoch;
  if (!pipeline.run.iterations || was == is) return;
  fail(Code::FailedPrecondition, "an epoch of the snapshot has ", was, " iterations, now it has ", is,
       "; that can be continued with run.epochs, not with run.iterations");
}

// Counted from here: epochs may have become longer or shorter since the run began.
int64_t Computation::count_iterations() const {
  if (pipeline.run.iterations) return *pipeline.run.iterations;
  const Progress& at = state.at;
  return at.iteration - at.position + (stages.plan.epochs - at.epoch) * stages.plan.iterations_per_epoch;
}

std::unique_ptr<Loader> Computation::loader_here() const {
  auto loader = make_train_loader(context, stages);
  if (state.at.epoch < stages.plan.epochs) loader->seek(state.at.epoch, state.at.position);
  return loader;
}

IterationReport Computation::iterate(const Batch& batch) {
  IterationReport report = iteration.run(batch);
  state.evaluation_due = evaluation_due(report.stepped);
  return report;
}

std::optional<EvaluationResult> Computation::evaluate(const std::function<void(double)>& progress,
                                                      const std::function<bool()>& stop) {
  std::optional<UseAverage> average;
  if (stages.ema != nullptr) average.emplace(*stages.ema);
  std::optional<EvaluationResult> result = validation.run(*stages.model, progress, stop);
  average.reset();
  if (result) judge(*result);
  return result;
}

void Computation::judge(const EvaluationResult& result) {
  state.metrics.clear();
  for (const auto& [name, value] : result.metrics.rows()) state.metrics[name] = value;
  const double fitness = fitness_of(result.metrics, pipeline.evaluate.fitness);
  state.metrics["fitness"] = fitness;
  const bool best = fitness > state.best_fitness;
  state.evaluations_without_gain = best ? 0 : state.evaluations_without_gain + 1;
  if (best) {
    state.best_fitness = fitness;
    state.best_iteration = state.at.iteration;
  }
  call_plugin(stages.names.scheduler, "observe", [&] { stages.scheduler->observe(state.metrics); });
  state.evaluation_due = false;
}

bool Computation::evaluation_due(bool stepped) const {
  const Progress& at = state.at;
  const Trigger& every = pipeline.evaluate.every;
  if (at.iteration >= last_iteration) return true;
  switch (every.kind) {
    case Trigger::Kind::Epochs:
      return state.epoch_done() && (at.epoch + 1) % every.count == 0;
    case Trigger::Kind::Iterations:
      return at.iteration % every.count == 0;
    case Trigger::Kind::Steps:
      return stepped && at.step % every.count == 0;
    default:
      return false;
  }
}

bool Computation::finished() const {
  const int64_t patience = pipeline.evaluate.patience;
  return state.at.iteration >= last_iteration || (patience > 0 && state.evaluations_without_gain >= patience);
}

}  // namespace cairn
