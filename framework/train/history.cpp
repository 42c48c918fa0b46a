#include "train/history.h"

#include <sstream>

namespace cairn {

void History::add(const MetricRow& row) {
  const std::string line = to_json_line(row) + "\n";
  recent_.push_back(line);
  if (row.type == MetricRow::Type::Iteration) return;
  rows_.push_back(row);
  lines_ += line;
}

void History::forget_before(int64_t row) {
  for (; begin_ < row && !recent_.empty(); ++begin_) recent_.pop_front();
}

void History::save(StateWriter& to) const {
  std::string journal;
  for (const std::string& line : recent_) journal += line;
  to.text("journal", journal);
  to.text("rows", lines_);
}

void History::load(const StateReader& from) {
  begin_ = added();
  recent_.clear();
  rows_.clear();
  lines_ = from.text("rows");
  std::istringstream lines(lines_);
  for (std::string line; std::getline(lines, line);) rows_.push_back(row_from_json_line(line));
}

}  // namespace cairn
