#include "train/history.h"

#include <sstream>

namespace cairn {

void History::add(const MetricRow& row) {
  recent_ += to_json_line(row) + "\n";
  if (row.type != MetricRow::Type::Iteration) rows_.push_back(row);
}

void History::save(StateWriter& to) const {
  to.text("journal", recent_);
  std::string lines;
  for (const MetricRow& row : rows_) lines += to_json_line(row) + "\n";
  to.text("rows", lines);
}

void History::load(const StateReader& from) {
  recent_.clear();
  rows_.clear();
  std::istringstream lines(from.text("rows"));
  for (std::string line; std::getline(lines, line);) rows_.push_back(row_from_json_line(line));
}

}  // namespace cairn
