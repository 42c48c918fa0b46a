#include "common/labels.h"

#include <algorithm>

#include "common/outline.h"

namespace cairn::augment {

Bounds bounds_of(const Box& box) {
  return {box.x1, box.y1, box.x2, box.y2};
}

Bounds bounds_of(const cv::Rect& rect) {
  return {static_cast<double>(rect.x), static_cast<double>(rect.y), static_cast<double>(rect.x + rect.width),
          static_cast<double>(rect.y + rect.height)};
}

Bounds clipped(const Bounds& b, const Bounds& limits) {
  return {std::clamp(b.x1, limits.x1, limits.x2), std::clamp(b.y1, limits.y1, limits.y2),
          std::clamp(b.x2, limits.x1, limits.x2), std::clamp(b.y2, limits.y1, limits.y2)};
}

Bounds bounds_of(const Polygon& polygon) {
  Bounds bounds;
  bool first = true;
  for (const auto& ring : polygon.rings) {
    for (const cv::Point2f& p : ring) {
      if (first) bounds = {p.x, p.y, p.x, p.y};
      first = false;
      bounds.x1 = std::min<double>(bounds.x1, p.x);
      bounds.y1 = std::min<double>(bounds.y1, p.y);
      bounds.x2 = std::max<double>(bounds.x2, p.x);
      bounds.y2 = std::max<double>(bounds.y2, p.y);
    }
  }
  return bounds;
}

void set_bounds(Box& box, const Bounds& bounds) {
  const double before = static_cast<double>(box.width()) * box.height();
  const double share = before > 0 ? bounds.area() / before : 0;
  box.area = static_cast<float>(box.area > 0 && share > 0 ? box.area * share : bounds.area());
  box.x1 = static_cast<float>(bounds.x1);
  box.y1 = static_cast<float>(bounds.y1);
  box.x2 = static_cast<float>(bounds.x2);
  box.y2 = static_cast<float>(bounds.y2);
}

void move_labels(Sample& sample, double scale_x, double shift_x, double scale_y, double shift_y) {
  for (Box& box : sample.boxes) {
    const double a = box.x1 * scale_x + shift_x, b = box.x2 * scale_x + shift_x;
    const double c = box.y1 * scale_y + shift_y, d = box.y2 * scale_y + shift_y;
    set_bounds(box, {std::min(a, b), std::min(c, d), std::max(a, b), std::max(c, d)});
  }
  for (Polygon& polygon : sample.polygons) {
    for (auto& ring : polygon.rings) {
      for (cv::Point2f& p : ring) {
        p = {static_cast<float>(p.x * scale_x + shift_x), static_cast<float>(p.y * scale_y + shift_y)};
      }
    }
  }
}

void clip_labels(Sample& sample, const Bounds& limits) {
  std::vector<char> keep(sample.boxes.size());
  for (size_t i = 0; i < keep.size(); ++i) {
    Box& box = sample.boxes[i];
    const Bounds inside = clipped(bounds_of(box), limits);
    keep[i] = inside.width() > 0 && inside.height() > 0;
    if (!keep[i]) continue;
    if (inside.area() != bounds_of(box).area()) set_bounds(box, inside);
    if (i < sample.polygons.size()) clip_outline(sample.polygons[i], limits);
  }
  keep_labels(sample, keep);
}

void clip_labels(Sample& sample) {
  clip_labels(sample, {0, 0, static_cast<double>(sample.image.cols), static_cast<double>(sample.image.rows)});
}

void keep_labels(Sample& sample, std::span<const char> keep) {
  size_t kept = 0;
  for (size_t i = 0; i < keep.size(); ++i) {
    if (!keep[i]) continue;
    if (kept != i) {
      sample.boxes[kept] = sample.boxes[i];
      if (!sample.polygons.empty()) sample.polygons[kept] = std::move(sample.polygons[i]);
    }
    ++kept;
  }
  sample.boxes.resize(kept);
  if (!sample.polygons.empty()) sample.polygons.resize(kept);
}

void append_labels(Sample& to, const Sample& from) {
  if (!from.polygons.empty()) {
    to.polygons.resize(to.boxes.size());
    to.polygons.insert(to.polygons.end(), from.polygons.begin(), from.polygons.end());
  }
  to.boxes.insert(to.boxes.end(), from.boxes.begin(), from.boxes.end());
  if (!to.polygons.empty()) to.polygons.resize(to.boxes.size());
}

}  // namespace cairn::augment
