// When a snapshot is due, and taking it.
#pragma once
#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "checkpoint/checkpointer.h"
#include "config/pipeline.h"
#include "train/monitors.h"
#include "train/run_tree.h"

namespace cairn {

// [train thread] Borrows all of it.
class Saver {
 public:
  Saver(const CheckpointTable& table, Checkpointer& checkpointer, RunTree tree, Monitors& monitors, Logger& log);
  // The reason, when a trigger fires at the cut behind an iteration; else empty.
  std::string due(bool stepped) const;
  // Captures the cut. False: there is no new snapshot; why is said the first time, and at the end how often.
  bool save(const std::string& reason, Wait wait);
  // The last cut of a process: true when it is published, now or before.
  bool save_last(const std::string& reason);
  // On the run's line. Where the pipeline trusts no signer of it nothing is on the line: then the newest that a forced
  // save of this process has published.
  std::optional<SnapshotInfo> newest();
  void time_spent(double seconds) { tree_.record.seconds += seconds; }

 private:
  bool fires(const Trigger& trigger, bool stepped) const;
  double seconds_since_save() const;
  void forget_published_rows();
  void say_skipped() const;

  const CheckpointTable& table_;
  Checkpointer& checkpointer_;
  RunTree tree_;
  Monitors& monitors_;
  Logger& log_;
  std::chrono::steady_clock::time_point last_save_ = std::chrono::steady_clock::now();
  int64_t unplaced_ = 0;  // left out because the ring was full
  // Of what was captured and may not be published yet, by rising number: how many rows there were.
  struct Carried {
    uint64_t number = 0;
    int64_t rows = 0;
  };
  std::deque<Carried> carried_;
  std::optional<SnapshotInfo> published_;  // by a forced save
  double stall_ = 0;                       // seconds that the newest save kept the training thread
};

}  // namespace cairn
