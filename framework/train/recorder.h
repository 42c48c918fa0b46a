// Turns what happened into rows for monitors and history.
#pragma once
#include "train/history.h"
#include "train/iteration.h"
#include "train/monitors.h"

namespace cairn {

// [train thread] Borrows both.
class Recorder {
 public:
  Recorder(Monitors& monitors, History& history) : monitors_(monitors), history_(history) {}
  // `state` stands at the cut behind the iteration; rows name the iteration that ran.
  void iteration(const IterationReport& report, const ParamGroups& groups, const RunState& state, int64_t images,
                 double seconds);
  void epoch(const RunState& state, const IterationReport& last, const ParamGroups& groups);
  void evaluation(const RunState& state, double seconds);
  const History& history() const { return history_; }

 private:
  void add(MetricRow row);
  Monitors& monitors_;
  History& history_;
};

int64_t resident_bytes();  // of this process

}  // namespace cairn
