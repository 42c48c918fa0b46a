// What recovery needs of a line of metrics.jsonl, read without parsing the whole line.
#pragma once
#include <optional>
#include <string_view>

#include <cairn/monitor.h>

namespace cairn::monitors {

struct RowKey {
  MetricRow::Type type = MetricRow::Type::Iteration;
  int64_t iteration = 0;
  bool operator==(const RowKey&) const = default;
};

// `line` has no line end. Empty unless it begins and ends as to_json_line writes rows.
std::optional<RowKey> key_of_line(std::string_view line);

}  // namespace cairn::monitors
