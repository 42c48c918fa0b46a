// Changing hue, saturation and value through three tables of 256 entries.
#pragma once
#include <array>
#include <cstdint>

#include <opencv2/core.hpp>

namespace cairn::augment {

// Multiplicative: hue (x (1 + r)) mod 180, the older trainers. Additive: (x + 180 r) mod 180, Ultralytics since 8.3.79.
enum class HueRule { Multiplicative, Additive };

struct HsvTables {
  std::array<uint8_t, 256> hue, saturation, value;
};

// r: hue, saturation, value, each a draw in [-1, 1] times its gain. Computed in double and cut to 8 bits.
HsvTables hsv_tables(const std::array<double, 3>& r, HueRule rule);

// BGR to 8-bit HSV (hue 0 to 179), through the tables, and back. The input is not written.
cv::Mat apply_hsv(const cv::Mat& bgr, const HsvTables& tables);

}  // namespace cairn::augment
