#include "train/loop.h"

#include "base/crash_point.h"
#include "base/seconds_since.h"
#include "evaluate/class_figures.h"
#include "plugin/crash.h"

namespace cairn {
namespace {

constexpr int64_t kPicturedBatches = 3;

}  // namespace

Outcome Loop::run() {
  while (true) {
    if (state_.evaluation_due && !evaluate()) return Outcome::Interrupted;
    if (computation_.finished()) return Outcome::Done;
    if (state_.epoch_done()) state_.begin_epoch();
    if (!train()) return Outcome::NotFinite;
    if (run_.requests.take_save()) save_as_asked();
    if (stop_wanted()) return Outcome::Interrupted;
  }
}

void Loop::save_as_asked() {
  const std::string reason = run_.requests.reason();
  if (run_.saver.save(reason, Wait::Yes)) run_.log.info("saved iteration ", state_.at.iteration, " (", reason, ")");
}

bool Loop::train() {
  const auto begin = std::chrono::steady_clock::now();
  const ParamGroups& groups = computation_.stages.groups;
  set_crash_position(state_.at.epoch, state_.at.iteration);
  if (state_.at.position == 0) run_.monitors.event(Event::Type::EpochStarted, state_.at);
  const Batch batch = run_.loader.next();
  at_a_cut_ = false;
  const IterationReport report = computation_.iterate(batch);
  if (!tolerated(report)) return false;
  run_.recorder.iteration(report, groups, state_, batch.images_BCHW.size(0), seconds_since(begin));
  if (state_.epoch_done()) run_.recorder.epoch(state_, report, groups);
  at_a_cut_ = true;
  if (state_.at.iteration <= kPicturedBatches) {
    run_.folder.write_train_batch(state_.at.iteration - 1, batch, computation_.stages.train.dataset->classes());
  }
  run_.saver.time_spent(seconds_since(begin));
  if (const std::string reason = run_.saver.due(report.stepped); !reason.empty()) {
    run_.saver.save(reason, state_.epoch_done() ? Wait::ForSlot : Wait::No);
  }
  return true;
}

bool Loop::evaluate() {
  const auto begin = std::chrono::steady_clock::now();
  run_.monitors.event(Event::Type::EvaluationStarted, state_.at);
  const auto progress = [&](double fraction) { run_.monitors.event(Event::Type::Evaluating, state_.at, {}, fraction); };
  const std::optional<EvaluationResult> result = computation_.evaluate(progress, [&] { return stop_wanted(); });
  if (!result) return false;
  at_a_cut_ = false;
  run_.monitors.evaluated(state_.at, class_figures(*result));
  const bool best = state_.best_iteration == state_.at.iteration;
  if (best || computation_.finished()) run_.folder.write_evaluation(*result, computation_.validation.seen());
  keep_weights(best);
  run_.saver.time_spent(seconds_since(begin));
  crash_point(CrashPoint::Weighed);
  run_.recorder.evaluation(state_, seconds_since(begin));
  at_a_cut_ = true;
  crash_point(CrashPoint::Evaluated);
  run_.saver.save("evaluated", Wait::ForSlot);
  return true;
}

bool Loop::stop_wanted() {
  if (run_.requests.stop_wanted()) stop_reason_ = run_.requests.reason();
  const auto& budget = computation_.pipeline.run.time_seconds;
  if (budget && seconds_since(run_.started) >= *budget) stop_reason_ = "time budget";
  return !stop_reason_.empty();
}

// The bad state is not saved: the newest snapshot is from before it.
bool Loop::tolerated(const IterationReport& report) {
  if (report.finite) return true;
  const int64_t iteration = state_.at.iteration - 1;
  const TrainTable& table = computation_.pipeline.train;
  if (table.nonfinite == NonFinite::Skip && state_.nonfinite_in_row <= table.max_nonfinite) {
    run_.log.warn(
        "iteration ", iteration,
        ": the loss is not finite; its gradients were dropped, training goes on (train.nonfinite = \"skip\")");
    return true;
  }
  if (table.nonfinite == NonFinite::Rollback && state_.rollbacks < table.max_rollbacks) return false;
  const std::string tried = state_.rollbacks == 0 ? "" : cat(" after ", state_.rollbacks, " rollbacks");
  fail(Code::FailedPrecondition, "iteration ", iteration, ": the loss is not finite (total ", report.total, ")", tried,
       "; the newest snapshot is from before it. Lower optimizer.lr in a branch, or set train.nonfinite = \"skip\" or "
       "\"rollback\"");
}

void Loop::keep_weights(bool best) {
  const NamedTensors entries = computation_.stages.ema == nullptr ? named_state(computation_.stages.model->module())
                                                                  : computation_.stages.ema->entries();
  run_.folder.write_weights("last", entries, state_);
  if (best) run_.folder.write_weights("best", entries, state_);
}

}  // namespace cairn
