#include "journal/row_key.h"

#include <charconv>

namespace cairn::monitors {
namespace {

constexpr std::pair<std::string_view, MetricRow::Type> kTypes[] = {{"iteration", MetricRow::Type::Iteration},
                                                                   {"epoch", MetricRow::Type::Epoch},
                                                                   {"evaluation", MetricRow::Type::Evaluation}};

bool take(std::string_view& text, std::string_view start) {
  if (text.substr(0, start.size()) != start) return false;
  text.remove_prefix(start.size());
  return true;
}

bool take_number(std::string_view& text, int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(end - text.data());
  return true;
}

}  // namespace

std::optional<RowKey> key_of_line(std::string_view line) {
  if (line.empty() || line.back() != '}' || !take(line, "{\"row\":\"")) return std::nullopt;
  const std::string_view name = line.substr(0, line.find('"'));
  line.remove_prefix(name.size());
  RowKey key;
  int64_t epoch = 0, position = 0;
  if (!take(line, "\",\"epoch\":") || !take_number(line, epoch) || !take(line, ",\"position\":") ||
      !take_number(line, position) || !take(line, ",\"iteration\":") || !take_number(line, key.iteration)) {
    return std::nullopt;
  }
  for (const auto& [known, type] : kTypes) {
    if (known == name) return RowKey{type, key.iteration};
  }
  return std::nullopt;
}

}  // namespace cairn::monitors
