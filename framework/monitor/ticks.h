// Where an axis puts its numbers.
#pragma once
#include <string>
#include <vector>

namespace cairn {

struct AxisRange {
  double low = 0, high = 1;
  double length() const { return high - low; }
};

// 1, 2 or 5 times a power of ten, the smallest of which at most `wanted` (>= 1) cover the range.
double nice_step(AxisRange range, int wanted);
std::vector<double> nice_ticks(AxisRange range, int wanted);  // the multiples of the step inside the range
std::string tick_text(double value, double step);  // as many decimals as the step needs; 1e-5 style where tiny or huge

// The range of the finite values, widened by `margin` of its length on both sides; [0, 1] without any.
AxisRange range_of(const std::vector<const std::vector<double>*>& columns, double margin);

}  // namespace cairn
