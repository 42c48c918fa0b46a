#include "train/loop.h"

#include <cmath>

#include "base/crash_point.h"
#include "evaluate/class_figures.h"
#include "plugin/call.h"
#include "plugin/crash.h"

namespace cairn {
namespace {

constexpr int64_t kPicturedBatches = 3;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

Outcome Loop::run() {
  while (true) {
    if (run_.state.evaluation_due && !evaluate()) return Outcome::Interrupted;
    if (finished()) return Outcome::Done;
    if (run_.state.epoch_done()) run_.state.begin_epoch();
    train();
    if (run_.requests.take_save()) save_as_asked();
    if (stop_wanted()) return Outcome::Interrupted;
  }
}

void Loop::save_as_asked() {
  const std::string reason = run_.requests.reason();
  if (run_.saver.save(reason, Wait::Yes)) run_.log.info("saved iteration ", run_.state.at.iteration, " (", reason, ")");
}

void Loop::train() {
  const auto begin = std::chrono::steady_clock::now();
  RunState& state = run_.state;
  set_crash_position(state.at.epoch, state.at.iteration);
  if (state.at.position == 0) run_.monitors.event(Event::Type::EpochStarted, state.at);
  const Batch batch = run_.loader.next();
  const IterationReport report = run_.iteration.run(batch);
  guard_finite(report);
  state.evaluation_due = evaluation_due(report.stepped);
  run_.recorder.iteration(report, run_.stages.groups, state, batch.images_BCHW.size(0), seconds_since(begin));
  if (state.epoch_done()) run_.recorder.epoch(state, report, run_.stages.groups);
  if (state.at.iteration <= kPicturedBatches) {
    run_.folder.write_train_batch(state.at.iteration - 1, batch, run_.stages.train.dataset->classes());
  }
  run_.saver.time_spent(seconds_since(begin));
  if (const std::string reason = run_.saver.due(report.stepped); !reason.empty()) {
    run_.saver.save(reason, state.epoch_done() ? Wait::ForSlot : Wait::No);
  }
}

bool Loop::evaluate() {
  const auto begin = std::chrono::steady_clock::now();
  run_.monitors.event(Event::Type::EvaluationStarted, run_.state.at);
  const std::optional<EvaluationResult> result = evaluate_average();
  if (!result) return false;
  judge(*result);
  run_.monitors.evaluated(run_.state.at, class_figures(*result));
  const bool best = run_.state.best_iteration == run_.state.at.iteration;
  if (best || finished()) run_.folder.write_evaluation(*result, run_.validation.seen());
  keep_weights(best);
  run_.saver.time_spent(seconds_since(begin));
  crash_point(CrashPoint::Weighed);
  run_.recorder.evaluation(run_.state, seconds_since(begin));
  crash_point(CrashPoint::Evaluated);
  run_.saver.save("evaluated", Wait::ForSlot);
  return true;
}

std::optional<EvaluationResult> Loop::evaluate_average() {
  std::optional<UseAverage> average;
  if (run_.stages.ema != nullptr) average.emplace(*run_.stages.ema);
  return run_.validation.run(
      *run_.stages.model,
      [&](double fraction) { run_.monitors.event(Event::Type::Evaluating, run_.state.at, {}, fraction); },
      [&] { return stop_wanted(); });
}

void Loop::judge(const EvaluationResult& result) {
  RunState& state = run_.state;
  state.metrics.clear();
  for (const auto& [name, value] : result.metrics.rows()) state.metrics[name] = value;
  const double fitness = fitness_of(result.metrics, run_.pipeline.evaluate.fitness);
  state.metrics["fitness"] = fitness;
  const bool best = fitness > state.best_fitness;
  state.evaluations_without_gain = best ? 0 : state.evaluations_without_gain + 1;
  if (best) {
    state.best_fitness = fitness;
    state.best_iteration = state.at.iteration;
  }
  call_plugin(run_.stages.names.scheduler, "observe", [&] { run_.stages.scheduler->observe(state.metrics); });
  state.evaluation_due = false;
}

bool Loop::evaluation_due(bool stepped) const {
  const Progress& at = run_.state.at;
  const Trigger& every = run_.pipeline.evaluate.every;
  if (at.iteration >= run_.last_iteration) return true;
  switch (every.kind) {
    case Trigger::Kind::Epochs:
      return run_.state.epoch_done() && (at.epoch + 1) % every.count == 0;
    case Trigger::Kind::Iterations:
      return at.iteration % every.count == 0;
    case Trigger::Kind::Steps:
      return stepped && at.step % every.count == 0;
    default:
      return false;
  }
}

bool Loop::finished() const {
  const int64_t patience = run_.pipeline.evaluate.patience;
  return run_.state.at.iteration >= run_.last_iteration ||
         (patience > 0 && run_.state.evaluations_without_gain >= patience);
}

bool Loop::stop_wanted() {
  if (run_.requests.stop_wanted()) stop_reason_ = run_.requests.reason();
  const auto& budget = run_.pipeline.run.time_seconds;
  if (budget && seconds_since(started_) >= *budget) stop_reason_ = "time budget";
  return !stop_reason_.empty();
}

// The bad state is not saved: the newest snapshot is from before it.
void Loop::guard_finite(const IterationReport& report) {
  if (report.finite) return;
  const int64_t iteration = run_.state.at.iteration - 1;
  const TrainTable& table = run_.pipeline.train;
  if (table.nonfinite == NonFinite::Skip && run_.state.nonfinite_in_row <= table.max_nonfinite) {
    run_.log.warn(
        "iteration ", iteration,
        ": the loss is not finite; its gradients were dropped, training goes on (train.nonfinite = \"skip\")");
    return;
  }
  fail(Code::FailedPrecondition, "iteration ", iteration, ": the loss is not finite (total ", report.total,
       "); the newest snapshot is from before it. Lower optimizer.lr in a branch, or set train.nonfinite = \"skip\"");
}

void Loop::keep_weights(bool best) {
  const NamedTensors entries =
      run_.stages.ema == nullptr ? named_state(run_.stages.model->module()) : run_.stages.ema->entries();
  run_.folder.write_weights("last", entries, run_.state);
  if (best) run_.folder.write_weights("best", entries, run_.state);
}

}  // namespace cairn
