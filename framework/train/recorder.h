// Turns what happened into rows for monitors and history.
#pragma once
#include <functional>

#include "train/history.h"
#include "train/iteration.h"
#include "train/monitors.h"

namespace cairn {

// [train thread] Borrows monitors and history.
class Recorder {
 public:
  // `figures` are measured columns of a row, of what goes on beside the training.
  using Figures = std::function<std::vector<std::pair<std::string, double>>(MetricRow::Type)>;
  Recorder(Monitors& monitors, History& history, Figures figures = {})
      : monitors_(monitors), history_(history), figures_(std::move(figures)) {}
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
  Figures figures_;
};

int64_t resident_bytes();  // of this process

}  // namespace cairn
