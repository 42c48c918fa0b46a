// The rows of a run that the host itself keeps: those since the newest snapshot that is published, which travel inside
// the next ones, and the epoch and evaluation rows of the whole run, which the pictures are drawn from.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <cairn/monitor.h>
#include <cairn/state.h>

namespace cairn {

class History {
 public:
  void add(const MetricRow& row);
  const std::vector<MetricRow>& rows() const { return rows_; }                     // epochs and evaluations, in order
  int64_t added() const { return begin_ + static_cast<int64_t>(recent_.size()); }  // rows so far
  void forget_before(int64_t row);  // those are in a snapshot that is published

  // Belongs to record/: "journal" holds the lines since the newest published snapshot, "rows" those of epochs and
  // evaluations.
  void save(StateWriter& to) const;
  void load(const StateReader& from);

 private:
  std::deque<std::string> recent_;  // lines
  int64_t begin_ = 0;               // number of the first of them
  std::vector<MetricRow> rows_;
  std::string lines_;  // rows_, as text
};

}  // namespace cairn
