#include "train/verify_resume.h"

#include <algorithm>

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

class Verification {
 public:
  Verification(const LoadResult& config, const Restored& from, const ResumeCheck& check, Store& store,
               Registry& registry, Logger& log, const std::vector<SnapshotInfo>& line)
      : store_(store),
        replay_(config, from, registry, log, check.run_folder,
                known_rows(store, line, check.run_folder, from.info().cut.iteration, line.back().cut.iteration)) {
    verdict_.from = verdict_.to = from.info().cut.iteration;
  }

  // False: the state differs. A row may differ some iterations before the state does: a rate without a step, say.
  bool reach(const SnapshotInfo& info) {
    const int64_t before = replay_.state().at.iteration;
    while (!replay_.is_at(moment_of(info)) && replay_.state().at.iteration <= info.cut.iteration) replay_.advance();
    verdict_.to = info.cut.iteration;
    const MemoryCut cut(
        [&](StateWriter& state_part, StateWriter& record_part) { replay_.tree().save(state_part, record_part); });
    if (cut.digest() == info.digest) {
      verdict_.snapshots += replay_.difference() ? 0 : 1;
      return true;
    }
    verdict_.paths = differing_paths(cut, read_table(store_, manifest_of(store_, info), machine_threads()));
    verdict_.first = cat("the state at iteration ", info.cut.iteration, ", and not yet at ", before);
    return false;
  }

  ResumeVerdict verdict() {
    verdict_.rows = replay_.rows_checked();
    if (replay_.difference()) verdict_.first = *replay_.difference();
    return verdict_;
  }

 private:
  Store& store_;
  Replay replay_;
  ResumeVerdict verdict_;
};

}  // namespace

ResumeVerdict verify_resume(const ResumeCheck& check, Store& store, Registry& registry, Logger& log) {
  const auto line = line_of(read_infos(store, check.run, [&](std::string_view text) { log.warn(text); }));
  const size_t begin = beginning(line, check);
  Store* const only = &store;
  const Restored from = restore_snapshot(std::span(&only, 1), manifest_of(store, line[begin]), machine_threads(), {});
  const LoadResult config = pipeline_of_snapshot(from, check.how, check.now);
  log.info("replaying from snapshot ", from.info().id.substr(0, 12), " at iteration ", from.info().cut.iteration,
           " to iteration ", line.back().cut.iteration);
  Verification verification(config, from, check, store, registry, log, line);
  for (size_t i = begin + 1; i < line.size(); ++i) {
    if (!verification.reach(line[i])) break;
  }
  return verification.verdict();
}

}  // namespace cairn
