#include "monitor/ticks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace cairn {

double nice_step(AxisRange range, int wanted) {
  const double rough = range.length() / std::max(wanted, 1);
  if (!(rough > 0) || !std::isfinite(rough)) return 1;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::vector<double> nice_ticks(AxisRange range, int wanted) {
  const double step = nice_step(range, wanted), slack = range.length() * 1e-9;
  std::vector<double> ticks;
  const double first = std::ceil((range.low - slack) / step);
  for (double i = first; i * step <= range.high + slack && ticks.size() < 100; ++i) ticks.push_back(i * step + 0.0);
  return ticks;
}

std::string tick_text(double value, double step) {
  char text[40];
  const double size = std::max(std::abs(value), step);
  if (size >= 1e6 || step < 1e-4) {
    std::snprintf(text, sizeof text, "%.3g", std::abs(value) < step / 2 ? 0.0 : value);
    return text;
  }
  const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  std::snprintf(text, sizeof text, "%.*f", decimals, std::abs(value) < step / 2 ? 0.0 : value);
  return text;
}

AxisRange range_of(const std::vector<const std::vector<double>*>& columns, double margin) {
  AxisRange range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (const auto* column : columns) {
    for (const double value : *column) {
      if (!std::isfinite(value)) continue;
      range.low = std::min(range.low, value);
      range.high = std::max(range.high, value);
    }
  }
  if (range.low > range.high) return {0, 1};
  const double half = range.length() > 0 ? 0 : std::max(std::abs(range.low) * 0.1, 1e-6);
  const double more = range.length() * margin + half;
  return {range.low - more, range.high + more};
}

}  // namespace cairn
