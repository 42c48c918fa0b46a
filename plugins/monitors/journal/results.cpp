#include "journal/results.h"

#include <algorithm>

#include "common/numbers.h"

namespace cairn::monitors {
namespace {

void take(const std::vector<std::pair<std::string, double>>& from, std::map<std::string, double>& to,
          std::vector<std::string>& columns) {
  for (const auto& [name, value] : from) {
    to[name] = value;
    if (std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(name);
  }
}

// A name with a comma, a quote or a line end stands in quotes (RFC 4180).
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

}  // namespace

void Results::add(const MetricRow& row) {
  Epoch& epoch = epochs_[row.at.epoch];
  epoch.iteration = row.at.iteration;
  take(row.exact, epoch.exact, exact_);
  take(row.measured, epoch.measured, measured_);
}

std::string Results::to_csv() const {
  std::string text = "epoch,iteration";
  for (const auto* columns : {&exact_, &measured_}) {
    for (const auto& name : *columns) text += ',' + cell(name);
  }
  text += '\n';
  for (const auto& [number, epoch] : epochs_) {
    text += std::to_string(number) + ',' + std::to_string(epoch.iteration);
    for (const auto& name : exact_) {
      const auto value = epoch.exact.find(name);
      text += ',' + (value == epoch.exact.end() ? std::string() : exact_text(value->second));
    }
    for (const auto& name : measured_) {
      const auto value = epoch.measured.find(name);
      text += ',' + (value == epoch.measured.end() ? std::string() : short_text(value->second));
    }
    text += '\n';
  }
  return text;
}

}  // namespace cairn::monitors
