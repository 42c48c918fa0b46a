#include "train/saver.h"

#include "base/seconds_since.h"
#include "train/predictions.h"

namespace cairn {

Saver::Saver(const CheckpointTable& table, Checkpointer& checkpointer, RunTree tree, Monitors& monitors, Logger& log)
    : table_(table), checkpointer_(checkpointer), tree_(tree), monitors_(monitors), log_(log) {}

double Saver::seconds_since_save() const {
  return seconds_since(last_save_);
}

bool Saver::fires(const Trigger& trigger, bool stepped) const {
  const Progress& at = tree_.state.at;
  switch (trigger.kind) {
    case Trigger::Kind::Epochs:
      return tree_.state.epoch_done() && (at.epoch + 1) % trigger.count == 0;
    case Trigger::Kind::Iterations:
      return at.iteration % trigger.count == 0;
    case Trigger::Kind::Steps:
      return stepped && at.step % trigger.count == 0;
    case Trigger::Kind::Time:
      return seconds_since_save() >= trigger.seconds;
    case Trigger::Kind::Auto:
      return stall_ + checkpointer_.background_seconds() <= table_.max_overhead * seconds_since_save();
  }
  return false;
}

std::string Saver::due(bool stepped) const {
  for (const Trigger& trigger : table_.every) {
    if (fires(trigger, stepped)) return to_text(trigger);
  }
  return "";
}

// A snapshot that is still on its way may come to nothing: its rows stay with the next one.
void Saver::forget_published_rows() {
  const uint64_t published = checkpointer_.published();
  for (; !carried_.empty() && carried_.front().number <= published; carried_.pop_front())
    tree_.history.forget_before(carried_.front().rows);
}

bool Saver::save(const std::string& reason, Wait wait) {
  forget_published_rows();
  const RunState& state = tree_.state;
  CutInfo cut{state.at.epoch, state.at.position, state.at.iteration, state.at.step, state.evaluation_due, reason, {}};
  if (reason == "evaluated") cut.metrics = state.metrics;
  const SaveOutcome outcome = checkpointer_.save(
      cut, [&](StateWriter& state_part, StateWriter& record_part) { tree_.save(state_part, record_part); }, wait,
      [&](const CutInfo& base) { return predictions_since(base, state, tree_.stages); });
  const bool skipped = outcome.kind == SaveOutcome::Kind::Skipped;
  if (!skipped || wait != Wait::No) last_save_ = std::chrono::steady_clock::now();
  stall_ = outcome.stall_seconds;
  if (skipped) {
    if (outcome.busy && unplaced_++ == 0)
      log_.warn("no snapshot at iteration ", state.at.iteration, ": ", outcome.why, "; further ones are counted");
    return false;
  }
  if (outcome.published()) published_ = outcome.snapshot;
  carried_.push_back({outcome.number, tree_.history.added()});
  monitors_.event(Event::Type::Saved, state.at,
                  cat("snapshot ", outcome.published() ? short_id(outcome.snapshot.id) : "queued", " (", reason, ")"));
  return true;
}

std::optional<SnapshotInfo> Saver::newest() {
  std::optional<SnapshotInfo> there = checkpointer_.newest_info();
  return there ? there : published_;
}

bool Saver::save_last(const std::string& reason) {
  checkpointer_.flush();
  const std::optional<SnapshotInfo> there = newest();
  const RunState& state = tree_.state;
  const bool saved =
      there && there->cut.iteration == state.at.iteration && there->cut.evaluation_due == state.evaluation_due;
  const bool done = saved || save(reason, Wait::Yes);
  say_skipped();
  return done;
}

void Saver::say_skipped() const {
  if (unplaced_ > 0) {
    log_.warn(unplaced_, " snapshots that were due were skipped, because those before were still being written and ",
              "training does not wait for them; checkpoint.every may ask for fewer");
  }
  if (const int64_t others = checkpointer_.skipped() - unplaced_; others > 0)
    log_.warn(others, " snapshots could not be taken, for the reason that is said above");
}

}  // namespace cairn
