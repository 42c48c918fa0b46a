#include "common/hsv.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace cairn::augment {
namespace {

double hue_of(double x, double r, HueRule rule) {
  const double hue = std::fmod(rule == HueRule::Multiplicative ? x * (1 + r) : x + 180 * r, 180.0);
  return hue < 0 ? hue + 180 : hue;
}

void look_up(cv::Mat& hsv, const HsvTables& tables) {
  for (int y = 0; y < hsv.rows; ++y) {
    uint8_t* pixel = hsv.ptr<uint8_t>(y);
    for (const uint8_t* end = pixel + 3 * static_cast<size_t>(hsv.cols); pixel != end; pixel += 3) {
      pixel[0] = tables.hue[pixel[0]];
      pixel[1] = tables.saturation[pixel[1]];
      pixel[2] = tables.value[pixel[2]];
    }
  }
}

}  // namespace

HsvTables hsv_tables(const std::array<double, 3>& r, HueRule rule) {
  HsvTables tables{};
  for (int x = 0; x < 256; ++x) {
    tables.hue[x] = static_cast<uint8_t>(hue_of(x, r[0], rule));
    tables.saturation[x] = static_cast<uint8_t>(std::clamp(x * (1 + r[1]), 0.0, 255.0));
    tables.value[x] = static_cast<uint8_t>(std::clamp(x * (1 + r[2]), 0.0, 255.0));
  }
  return tables;
}

cv::Mat apply_hsv(const cv::Mat& bgr, const HsvTables& tables) {
  constexpr int kStripBytes = 24 * 1024;  // stays in the first-level cache between the three passes
  cv::Mat result(bgr.size(), CV_8UC3), hsv;
  const int strip = std::max(1, kStripBytes / (3 * std::max(1, bgr.cols)));
  for (int y = 0; y < bgr.rows; y += strip) {
    const cv::Range rows(y, std::min(bgr.rows, y + strip));
    cv::cvtColor(bgr.rowRange(rows), hsv, cv::COLOR_BGR2HSV);
    look_up(hsv, tables);
    cv::Mat out = result.rowRange(rows);
    cv::cvtColor(hsv, out, cv::COLOR_HSV2BGR);
  }
  return result;
}

}  // namespace cairn::augment
