#include "train/verify_resume.h"

#include <algorithm>
#include <memory>

#include "base/parallel.h"
#include "checkpoint/memory_cut.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "checkpoint/restore.h"

namespace cairn {
namespace {

constexpr std::string_view kRollback = "rollback";

// Number on the line of the snapshot to begin at.
size_t beginning(const std::vector<SnapshotInfo>& line, const ResumeCheck& check) {
  const int64_t last = line.empty() ? 0 : line.back().cut.iteration;
  std::optional<size_t> found;
  for (size_t i = 0; i < line.size(); ++i) {
    const int64_t iteration = line[i].cut.iteration;
    if (iteration < last && (!check.from || iteration <= check.from->iteration)) found = i;
  }
  if (!found) {
    fail(Code::NotFound, "run '", check.run, "' has no snapshot",
         check.from ? cat(" at or before iteration ", check.from->iteration) : "",
         " that is older than its newest; nothing was compared");
  }
  for (size_t i = line.size(); --i > *found;) {
    if (line[i].cut.reason != kRollback) continue;
    fail(Code::FailedPrecondition, "run '", check.run, "' went back to iteration ", line[i].cut.iteration,
         " because a loss was not finite, and on with lower rates; begin there or later: --from @",
         line[i].cut.iteration);
  }
  return *found;
}

// Along a line of snapshots, each of which was written by a process that began with the one before it or an older one.
class Verification {
 public:
  Verification(const ResumeCheck& check, Store& store, Registry& registry, Logger& log,
               const std::vector<SnapshotInfo>& line)
      : check_(check), store_(store), registry_(registry), log_(log), line_(line) {}

  ResumeVerdict run(size_t begin) {
    verdict_.from = verdict_.to = line_[begin].cut.iteration;
    rows_ = known_rows(store_, line_, check_.run_folder, verdict_.from, line_.back().cut.iteration);
    for (size_t i = begin + 1; i < line_.size(); ++i) {
      if (i == begin + 1 || line_[i].generation != line_[i - 1].generation) go_on_to(i);
      if (!reach(line_[i])) break;
    }
    take_findings();
    if (differing_row_) verdict_.first = *differing_row_;
    return verdict_;
  }

 private:
  // As the process did that wrote line_[number]: it may have been told another pipeline than the one before it.
  void go_on_to(size_t number) {
    take_findings();
    replay_.reset();
    const Restored from = restore_snapshot(store_, manifest_of(store_, line_[number - 1]), machine_threads());
    const Restored written = restore_record(store_, manifest_of(store_, line_[number]));
    config_ = pipeline_of_snapshot(written, check_.how, check_.now);
    replay_ = std::make_unique<Replay>(config_, from, written, registry_, log_, check_.run_folder, rows_);
  }

  void take_findings() {
    if (replay_ == nullptr) return;
    verdict_.rows += replay_->rows_checked();
    if (!differing_row_) differing_row_ = replay_->difference();
  }

  // False: the state differs. A row may differ some iterations before the state does: a rate without a step, say.
  bool reach(const SnapshotInfo& info) {
    const int64_t before = replay_->state().at.iteration;
    while (!replay_->is_at(moment_of(info)) && replay_->state().at.iteration <= info.cut.iteration) replay_->advance();
    verdict_.to = info.cut.iteration;
    const MemoryCut cut(
        [&](StateWriter& state_part, StateWriter& record_part) { replay_->tree().save(state_part, record_part); });
    if (cut.digest() == info.digest) {
      verdict_.snapshots += differing_row_ || replay_->difference() ? 0 : 1;
      return true;
    }
    verdict_.paths = differing_paths(cut, read_table(store_, manifest_of(store_, info), machine_threads()));
    verdict_.first = cat("the state at iteration ", info.cut.iteration, ", and not yet at ", before);
    return false;
  }

  const ResumeCheck& check_;
  Store& store_;
  Registry& registry_;
  Logger& log_;
  const std::vector<SnapshotInfo>& line_;
  KnownRows rows_;
  std::optional<std::string> differing_row_;  // the first, of the replays that are over
  LoadResult config_;
  std::unique_ptr<Replay> replay_;  // borrows config_
  ResumeVerdict verdict_;
};

}  // namespace

ResumeVerdict verify_resume(const ResumeCheck& check, Store& store, Registry& registry, Logger& log) {
  const auto line = line_of(read_infos(store, check.run, [&](std::string_view text) { log.warn(text); }));
  const size_t begin = beginning(line, check);
  log.info("replaying from snapshot ", short_id(line[begin].id), " at iteration ", line[begin].cut.iteration,
           " to iteration ", line.back().cut.iteration);
  return Verification(check, store, registry, log, line).run(begin);
}

}  // namespace cairn
