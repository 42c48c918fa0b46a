#include "evaluate/curves.h"

#include <algorithm>

namespace cairn {

std::vector<double> Curves::mean(std::vector<double> ClassCurves::*curve) const {
  std::vector<double> sum(classes.empty() ? 0 : (classes.front().*curve).size());
  for (const ClassCurves& one : classes) {
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += (one.*curve)[i];
  }
  for (double& value : sum) value /= static_cast<double>(classes.size());
  return sum;
}

std::vector<double> even_points(double first, double last, int count) {
  std::vector<double> points(count, first);
  const double step = (last - first) / (count - 1);
  for (int i = 1; i < count; ++i) points[i] = first + i * step;
  if (count > 1) points.back() = last;
  return points;
}

double interpolate(double at, std::span<const double> x, std::span<const double> y, double left) {
  const auto above = std::ranges::upper_bound(x, at) - x.begin();
  if (above == 0) return left;
  const size_t i = static_cast<size_t>(above) - 1;
  if (i + 1 == x.size()) return y[i];
  return y[i] + (y[i + 1] - y[i]) / (x[i + 1] - x[i]) * (at - x[i]);
}

std::vector<double> smooth(std::span<const double> values, int width) {
  std::vector<double> smoothed(values.size());
  const auto last = static_cast<std::ptrdiff_t>(values.size()) - 1;
  for (std::ptrdiff_t i = 0; i <= last; ++i) {
    double sum = 0;
    for (std::ptrdiff_t k = i - width / 2; k <= i + width / 2; ++k)
      sum += values[std::clamp<std::ptrdiff_t>(k, 0, last)];
    smoothed[i] = sum / width;
  }
  return smoothed;
}

int first_maximum(std::span<const double> values) {
  return values.empty() ? 0 : static_cast<int>(std::ranges::max_element(values) - values.begin());
}

}  // namespace cairn
