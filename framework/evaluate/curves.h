// Precision, recall and F1 as functions of confidence, and the small numerics they need.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace cairn {

inline constexpr int kCurvePoints = 1000;  // even confidences (or recalls) from 0 to 1

struct ClassCurves {
  int32_t class_id = 0;
  double ap50 = 0;
  std::vector<double> precision, recall, f1;  // over confidence, at IoU 0.5; kCurvePoints each
  std::vector<double> precision_at_recall;    // over recall, at IoU 0.5
};

// One entry per class that has targets. Empty when no detection was right.
struct Curves {
  std::vector<ClassCurves> classes;
  std::vector<double> mean(std::vector<double> ClassCurves::*curve) const;
};

// `count` even values from first to last, both included.
std::vector<double> even_points(double first, double last, int count);

// Linear between (x[i], y[i]); x does not fall. Left of x[0]: `left`; at and right of the last: its y. Where an x
// repeats, interpolation at or right of it starts from its last entry.
double interpolate(double at, std::span<const double> x, std::span<const double> y, double left);

// Mean over a box of `width` (odd) points, the ends padded by the end values.
std::vector<double> smooth(std::span<const double> values, int width);

int first_maximum(std::span<const double> values);  // 0 when empty

}  // namespace cairn
