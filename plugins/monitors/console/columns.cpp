#include "console/columns.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace cairn::monitors {
namespace {

constexpr std::string_view kLossPrefix = "loss/";
constexpr int kWidth = 9;
constexpr int kEpochWidth = 11;
constexpr size_t kMostLosses = 6;

template <class... Values>
std::string formatted(const char* format, Values... values) {
  char text[128];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::string right(std::string text, int width) {
  if (static_cast<int>(text.size()) < width) text.insert(0, width - text.size(), ' ');
  return text;
}

// The rate of the weights when the groups differ.
const double* rate_of(const Columns& columns) {
  if (const double* decay = find_column(columns, "lr/decay")) return decay;
  const auto any =
      std::find_if(columns.begin(), columns.end(), [](const auto& c) { return c.first.starts_with("lr/"); });
  return any == columns.end() ? nullptr : &any->second;
}

template <class Format>
std::string cell(const double* value, Format format) {
  return ' ' + right(value ? format(*value) : "-", kWidth - 1);
}

}  // namespace

const double* find_column(const Columns& columns, std::string_view name) {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.first == name; });
  return found == columns.end() ? nullptr : &found->second;
}

std::string duration_text(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return "-";
  const auto whole = static_cast<long long>(seconds + 0.5);
  const long long days = whole / 86400, hours = whole / 3600, minutes = whole / 60;
  if (days > 0) return formatted("%lldd %02lldh", days, hours % 24);
  if (hours > 0) return formatted("%lld:%02lld:%02lld", hours, minutes % 60, whole % 60);
  return formatted("%lld:%02lld", minutes, whole % 60);
}

std::string bytes_text(double bytes) {
  return bytes < 1e9 ? formatted("%.0fM", bytes / 1e6) : formatted("%.2fG", bytes / 1e9);
}

std::string epoch_text(const Progress& at) {
  return right(at.plan.epochs > 0 ? cat(at.epoch + 1, '/', at.plan.epochs) : cat(at.epoch + 1), kEpochWidth);
}

std::string evaluation_text(const MetricRow& row) {
  static constexpr std::pair<const char*, const char*> kFigures[] = {
      {"map50", "mAP50"}, {"map50_95", "mAP50-95"}, {"precision", "precision"}, {"recall", "recall"}};
  std::string text;
  for (const auto& [column, shown] : kFigures) {
    if (const double* value = find_column(row.exact, column)) text += formatted("  %s %.4f", shown, *value);
  }
  if (!text.empty()) return text;
  for (const auto& [name, value] : row.exact) text += "  " + name + formatted(" %.4g", value);
  return text;
}

std::string bar_text(double done, int cells, bool unicode) {
  const int full = static_cast<int>(std::clamp(std::isfinite(done) ? done : 0.0, 0.0, 1.0) * cells);
  std::string text;
  for (int i = 0; i < cells; ++i) text += i < full ? (unicode ? "━" : "#") : (unicode ? "╌" : ".");
  return text;
}

void Table::start(const MetricRow& row) {
  started_ = true;
  for (const auto& [name, value] : row.exact) {
    if (name.starts_with(kLossPrefix) && name != "loss/total" && losses_.size() < kMostLosses) losses_.push_back(name);
  }
}

std::string Table::header() const {
  std::string text = right("epoch", kEpochWidth);
  for (const auto& loss : losses_) text += ' ' + right(loss.substr(kLossPrefix.size(), kWidth - 1), kWidth - 1);
  for (const char* name : {"lr", "memory", "img/s", "left"}) text += ' ' + right(name, kWidth - 1);
  return text;
}

std::string Table::line(const MetricRow& row, const MetricRow& latest, double seconds_left) const {
  const auto pick = [](const double* first, const double* second) { return first ? first : second; };
  const auto measured = [&](const char* name) {
    return pick(find_column(row.measured, name), find_column(latest.measured, name));
  };
  std::string text = epoch_text(row.at);
  for (const auto& loss : losses_) {
    text += cell(find_column(row.exact, loss), [](double v) { return formatted("%.4g", v); });
  }
  text += cell(pick(rate_of(row.exact), rate_of(latest.exact)), [](double v) { return formatted("%.3g", v); });
  text += cell(measured("memory_bytes"), bytes_text);
  text += cell(measured("images_per_second"), [](double v) { return formatted("%.1f", v); });
  return text + cell(&seconds_left, duration_text);
}

}  // namespace cairn::monitors
