#include "common/cover.h"

#include <algorithm>

#include "common/labels.h"
#include "common/outline.h"

namespace cairn::augment {
namespace {

// What is left when `cover` hides a whole side of the box.
Bounds uncovered(Bounds box, const Bounds& cover) {
  const bool spans_x = cover.x1 <= box.x1 && cover.x2 >= box.x2, spans_y = cover.y1 <= box.y1 && cover.y2 >= box.y2;
  const bool overlaps_x = cover.x1 < box.x2 && cover.x2 > box.x1, overlaps_y = cover.y1 < box.y2 && cover.y2 > box.y1;
  if (spans_y && overlaps_x && cover.x1 <= box.x1) box.x1 = std::min(cover.x2, box.x2);
  if (spans_y && overlaps_x && cover.x2 >= box.x2) box.x2 = std::max(cover.x1, box.x1);
  if (spans_x && overlaps_y && cover.y1 <= box.y1) box.y1 = std::min(cover.y2, box.y2);
  if (spans_x && overlaps_y && cover.y2 >= box.y2) box.y2 = std::max(cover.y1, box.y1);
  return box;
}

}  // namespace

double covered_area(const Box& box, std::span<const cv::Rect> covers) {
  const Bounds limits = bounds_of(box);
  std::vector<Bounds> parts;
  std::vector<double> edges;
  for (const cv::Rect& cover : covers) {
    const Bounds part = clipped(bounds_of(cover), limits);
    if (part.area() <= 0) continue;
    parts.push_back(part);
    edges.insert(edges.end(), {part.x1, part.x2});
  }
  std::sort(edges.begin(), edges.end());
  std::sort(parts.begin(), parts.end(), [](const Bounds& a, const Bounds& b) { return a.y1 < b.y1; });

  double area = 0;
  for (size_t i = 1; i < edges.size(); ++i) {  // vertical strips between neighbouring edges
    double height = 0, reached = limits.y1;
    for (const Bounds& part : parts) {
      if (part.x1 > edges[i - 1] || part.x2 < edges[i]) continue;
      height += std::max(0.0, part.y2 - std::max(part.y1, reached));
      reached = std::max(reached, part.y2);
    }
    area += height * (edges[i] - edges[i - 1]);
  }
  return area;
}

void hide_under(Sample& sample, std::span<const cv::Rect> covers, double min_visible) {
  std::vector<char> keep(sample.boxes.size());
  for (size_t i = 0; i < keep.size(); ++i) {
    Box& box = sample.boxes[i];
    const double area = bounds_of(box).area();
    Bounds rest = bounds_of(box);
    for (const cv::Rect& cover : covers) rest = uncovered(rest, bounds_of(cover));
    keep[i] = rest.width() > 0 && rest.height() > 0 && area - covered_area(box, covers) >= min_visible * area;
    if (!keep[i] || rest.area() == area) continue;
    set_bounds(box, rest);
    if (i < sample.polygons.size()) clip_outline(sample.polygons[i], rest);
  }
  keep_labels(sample, keep);
}

}  // namespace cairn::augment
