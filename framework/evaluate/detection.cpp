#include "evaluate/detection.h"

#include <algorithm>
#include <numeric>

namespace cairn {

Detections to_file_pixels(Detections detections, const Mapping& mapping) {
  const auto back = [](float at, double pad, double scale, int size) {
    return static_cast<float>(std::clamp((static_cast<double>(at) - pad) / scale, 0.0, static_cast<double>(size)));
  };
  for (Detection& d : detections) {
    d.x1 = back(d.x1, mapping.pad_left, mapping.scale_x, mapping.file_width);
    d.x2 = back(d.x2, mapping.pad_left, mapping.scale_x, mapping.file_width);
    d.y1 = back(d.y1, mapping.pad_top, mapping.scale_y, mapping.file_height);
    d.y2 = back(d.y2, mapping.pad_top, mapping.scale_y, mapping.file_height);
  }
  return detections;
}

std::vector<int32_t> by_falling_score(std::span<const Detection> detections) {
  std::vector<int32_t> order(detections.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](int32_t a, int32_t b) { return detections[a].score > detections[b].score; });
  return order;
}

float overlap(const Detection& detection, const Box& target) {
  const float width = std::min(detection.x2, target.x2) - std::max(detection.x1, target.x1);
  const float height = std::min(detection.y2, target.y2) - std::max(detection.y1, target.y1);
  if (width <= 0 || height <= 0) return 0;
  const float both = width * height;
  const float all = detection.width() * detection.height() + target.width() * target.height() - both;
  return all > 0 ? both / all : 0;
}

}  // namespace cairn
