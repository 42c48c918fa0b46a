// The text of the console's lines: pure functions and one small class, without a terminal.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include <cairn/monitor.h>

namespace cairn::monitors {

using Columns = std::vector<std::pair<std::string, double>>;

// Empty when there is no such column.
const double* find_column(const Columns& columns, std::string_view name);

std::string duration_text(double seconds);   // "0:07", "12:34", "1:02:03", "3d 04h"
std::string bytes_text(double bytes);        // "812M", "1.25G"
std::string epoch_text(const Progress& at);  // "3/100" as the table's first cell
// The four figures that people look for first, then whatever else an evaluation brings when none of those is there.
std::string evaluation_text(const MetricRow& row);
// `done` (0..1) of a bar of so many cells.
std::string bar_text(double done, int cells, bool unicode);

// The table: epoch, one column per loss term, lr, memory, img/s, time left. Columns are those of the first row it sees.
class Table {
 public:
  bool started() const { return !losses_.empty() || started_; }
  void start(const MetricRow& row);
  std::string header() const;
  // Values that `row` lacks are those of `latest`, the newest iteration.
  std::string line(const MetricRow& row, const MetricRow& latest, double seconds_left) const;

 private:
  bool started_ = false;
  std::vector<std::string> losses_;  // "loss/box"
};

}  // namespace cairn::monitors
