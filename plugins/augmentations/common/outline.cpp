#include "common/outline.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace cairn::augment {
namespace {

using Ring = std::vector<cv::Point2f>;

// Keeps the side of a line parallel to an axis on which sign * (coordinate - limit) >= 0.
void clip_side(const Ring& from, Ring& to, bool horizontal, float limit, float sign) {
  to.clear();
  const auto depth = [&](const cv::Point2f& p) { return sign * ((horizontal ? p.x : p.y) - limit); };
  for (size_t i = 0; i < from.size(); ++i) {
    const cv::Point2f& a = from[i];
    const cv::Point2f& b = from[i + 1 == from.size() ? 0 : i + 1];
    const float depth_a = depth(a), depth_b = depth(b);
    if (depth_a >= 0) to.push_back(a);
    if ((depth_a >= 0) == (depth_b >= 0)) continue;
    cv::Point2f crossing = a + (b - a) * (depth_a / (depth_a - depth_b));
    (horizontal ? crossing.x : crossing.y) = limit;
    to.push_back(crossing);
  }
}

bool inside(const Ring& ring, const Bounds& limits) {
  return std::all_of(ring.begin(), ring.end(), [&](const cv::Point2f& p) {
    return p.x >= limits.x1 && p.x <= limits.x2 && p.y >= limits.y1 && p.y <= limits.y2;
  });
}

}  // namespace

void clip_outline(Polygon& polygon, const Bounds& limits) {
  Ring other;
  for (Ring& ring : polygon.rings) {
    if (inside(ring, limits)) continue;
    clip_side(ring, other, true, static_cast<float>(limits.x1), 1);
    clip_side(other, ring, true, static_cast<float>(limits.x2), -1);
    clip_side(ring, other, false, static_cast<float>(limits.y1), 1);
    clip_side(other, ring, false, static_cast<float>(limits.y2), -1);
  }
  std::erase_if(polygon.rings, [](const Ring& ring) { return ring.size() < 3; });
}

cv::Mat mask_of(const Polygon& polygon, const cv::Rect& region) {
  constexpr int kFractionBits = 4;
  cv::Mat mask(region.size(), CV_8UC1, cv::Scalar(0));
  for (const Ring& ring : polygon.rings) {
    std::vector<cv::Point> points;
    points.reserve(ring.size());
    // Integer coordinates of OpenCV are centres of pixels.
    for (const cv::Point2f& p : ring) {
      points.emplace_back(static_cast<int>(std::nearbyint((p.x - region.x - 0.5) * (1 << kFractionBits))),
                          static_cast<int>(std::nearbyint((p.y - region.y - 0.5) * (1 << kFractionBits))));
    }
    if (points.size() >= 3) cv::fillPoly(mask, points, cv::Scalar(255), cv::LINE_8, kFractionBits);
  }
  return mask;
}

}  // namespace cairn::augment
