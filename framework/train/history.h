// The rows of a run that the host itself keeps: those since the newest snapshot, which travel inside the next one, and
// the epoch and evaluation rows of the whole run, which the pictures are drawn from.
#pragma once
#include <string>
#include <vector>

#include <cairn/monitor.h>
#include <cairn/state.h>

namespace cairn {

class History {
 public:
  void add(const MetricRow& row);
  const std::vector<MetricRow>& rows() const { return rows_; }  // epochs and evaluations, in order
  void snapshot_taken() { recent_.clear(); }

  // Belongs to record/: "journal" holds the lines since the newest snapshot, "rows" those of epochs and evaluations.
  void save(StateWriter& to) const;
  void load(const StateReader& from);

 private:
  std::string recent_;
  std::vector<MetricRow> rows_;
  std::string lines_;  // rows_, as text
};

}  // namespace cairn
