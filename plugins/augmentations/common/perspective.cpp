#include "common/perspective.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "common/outline.h"

namespace cairn::augment {
namespace {

constexpr double kHorizon = 1e-6;

double radians(double degrees) {
  return degrees * (3.14159265358979323846 / 180.0);
}

std::optional<cv::Point2d> moved_point(const cv::Matx33d& map, double x, double y) {
  const cv::Vec3d p = map * cv::Vec3d(x, y, 1);
  if (!(p[2] > kHorizon)) return std::nullopt;
  return cv::Point2d(p[0] / p[2], p[1] / p[2]);
}

// False when a point lies on or behind the horizon.
bool move_outline(const cv::Matx33d& map, Polygon& polygon) {
  for (auto& ring : polygon.rings) {
    for (cv::Point2f& p : ring) {
      const auto moved = moved_point(map, p.x, p.y);
      if (!moved) return false;
      p = cv::Point2f(static_cast<float>(moved->x), static_cast<float>(moved->y));
    }
  }
  return true;
}

}  // namespace

cv::Matx33d perspective_matrix(cv::Size source, cv::Size output, const PerspectiveValues& v) {
  const cv::Matx33d centre(1, 0, -source.width / 2.0, 0, 1, -source.height / 2.0, 0, 0, 1);
  const cv::Matx33d perspective(1, 0, 0, 0, 1, 0, v.perspective_x, v.perspective_y, 1);
  const double cosine = v.scale * std::cos(radians(v.degrees)), sine = v.scale * std::sin(radians(v.degrees));
  const cv::Matx33d rotation(cosine, sine, 0, -sine, cosine, 0, 0, 0, 1);
  const cv::Matx33d shear(1, std::tan(radians(v.shear_x)), 0, std::tan(radians(v.shear_y)), 1, 0, 0, 0, 1);
  const cv::Matx33d translation(1, 0, v.translate_x * output.width, 0, 1, v.translate_y * output.height, 0, 0, 1);
  return translation * shear * rotation * perspective * centre;
}

bool is_candidate(const Bounds& source, double scale, const Bounds& moved, const CandidateRule& rule) {
  constexpr double kTiny = 1e-16;
  const double width = moved.width(), height = moved.height();
  const double aspect = std::max(width / (height + kTiny), height / (width + kTiny));
  return width > rule.min_size && height > rule.min_size && aspect < rule.max_aspect &&
         width * height / (source.area() * scale * scale + kTiny) > rule.min_area;
}

Bounds moved_bounds(const cv::Matx33d& map, const Bounds& source) {
  Bounds bounds{HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
  for (int corner = 0; corner < 4; ++corner) {
    const auto p = moved_point(map, corner & 1 ? source.x2 : source.x1, corner & 2 ? source.y2 : source.y1);
    if (!p) return {};
    bounds.x1 = std::min(bounds.x1, p->x);
    bounds.y1 = std::min(bounds.y1, p->y);
    bounds.x2 = std::max(bounds.x2, p->x);
    bounds.y2 = std::max(bounds.y2, p->y);
  }
  return bounds;
}

void transform_labels(Sample& sample, const cv::Matx33d& map, cv::Size output, double scale, const CandidateRule& boxed,
                      const CandidateRule& outlined) {
  const Bounds limits{0, 0, static_cast<double>(output.width), static_cast<double>(output.height)};
  std::vector<char> keep(sample.boxes.size());
  for (size_t i = 0; i < keep.size(); ++i) {
    const bool has_outline = i < sample.polygons.size() && !sample.polygons[i].rings.empty();
    const Bounds source = bounds_of(sample.boxes[i]);
    Bounds moved;
    if (!has_outline) {
      moved = clipped(moved_bounds(map, source), limits);
    } else if (move_outline(map, sample.polygons[i])) {
      clip_outline(sample.polygons[i], limits);
      moved = bounds_of(sample.polygons[i]);
    }
    keep[i] = is_candidate(source, scale, moved, has_outline ? outlined : boxed);
    if (keep[i]) set_bounds(sample.boxes[i], moved);
  }
  keep_labels(sample, keep);
}

}  // namespace cairn::augment
