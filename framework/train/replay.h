// Exact replay: from a snapshot to a later moment of its run, in memory, through the code that trained it. A sample is
// a function of its position, so any iteration between two snapshots can be had again, bit by bit.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "checkpoint/memory_cut.h"
#include "train/computation.h"
#include "train/known_rows.h"
#include "train/monitors.h"
#include "train/recorder.h"

namespace cairn {

// A cut by its iteration. Where an evaluation is due there, it is the cut after it, or the one before.
struct Moment {
  int64_t iteration = 0;
  enum class Side { AfterEvaluation, BeforeEvaluation } side = Side::AfterEvaluation;
};
std::string to_text(const Moment& moment);                   // "12", "12-"
bool is_at(const SnapshotInfo& info, const Moment& moment);  // whether it is the snapshot of that cut

Moment moment_of(const SnapshotInfo& info);
std::optional<Moment> moment_of(const SnapshotName& name);  // empty when it does not name an iteration

// The pipeline that the process had which wrote a snapshot: `now` when it computes the same, since its paths are this
// machine's, else as the snapshot recorded it. `how` says how plugins are found; `now` may be null.
LoadResult pipeline_of_snapshot(const Restored& written, LoadRequest how, const LoadResult* now);

// [train thread] Borrows all but the rows. Threads and precision of the process become those of the one that wrote
// `written`, which is the snapshot behind `from`, or `from` itself: what a run was told when it went on from a snapshot
// stands in the next one. What is different here and may cost exactness is said.
class Replay {
 public:
  Replay(const LoadResult& config, const Restored& from, const Restored& written, Registry& registry, Logger& log,
         const std::filesystem::path& run_folder, KnownRows rows);
  ~Replay();

  // One iteration, or the evaluation that is due. FailedPrecondition at the end of the run.
  void advance();
  // On to the moment, which must not lie behind. DataLoss as soon as a row differs from the journal's.
  void to(const Moment& moment);
  bool is_at(const Moment& moment) const;

  const RunState& state() const;
  int64_t rows_checked() const;  // found in the journal and equal
  // The first row that differs: "iteration 12: loss/box is ..., the journal has ...".
  const std::optional<std::string>& difference() const;
  RunTree tree();
  CutInfo cut(std::string reason) const;

 private:
  void evaluate();
  class RowCheck;
  Computation computation_;
  History& history_;
  Monitors monitors_;
  RowCheck* check_;  // owned by monitors_
  Recorder recorder_;
  std::unique_ptr<Loader> loader_;
  Logger& log_;
};

// Borrowed, but for the folder and how.
struct ReplaySource {
  Backend& backend;  // of the store that the run's line is in
  Registry& registry;
  Logger& log;
  LoadRequest how;  // of loading the recorded pipeline
  std::filesystem::path run_folder;
  const LoadResult* now = nullptr;       // taken instead when it computes the same: its paths are this machine's
  std::shared_ptr<StoreKeys> keys = {};  // of a sealed store; co-owned by the stores
};

struct Replayed {
  MemoryCut tree;
  CutInfo cut;
  double seconds = 0;
  Restored restored(const Restored& from) const;  // as though it had been saved and restored
};

// The state at a moment behind the snapshot `from`, verified against all that the journal knows, and, when the run has
// a later snapshot on its line in `store`, against that one's digest. DataLoss names what differs.
Replayed replay(const Restored& from, const Moment& to, const ReplaySource& source);

}  // namespace cairn
