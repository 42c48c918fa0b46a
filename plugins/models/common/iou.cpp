#include "common/iou.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <cairn/error.h>

namespace cairn::models {

namespace {

constexpr double kAspect = 4 / (std::numbers::pi * std::numbers::pi);

// Columns of both boxes and what every kind needs of them. All [N].
struct Pair {
  at::Tensor w1, h1, w2, h2, cw, ch, dx, dy, iou, union_area;
};

Pair measure(const at::Tensor& a, const at::Tensor& b, const IouRule& rule) {
  const auto p = a.unbind(-1), q = b.unbind(-1);
  const double eps = rule.eps, height_eps = rule.height_eps ? rule.eps : 0;
  Pair m;
  m.w1 = p[2] - p[0];
  m.h1 = p[3] - p[1] + height_eps;
  m.w2 = q[2] - q[0];
  m.h2 = q[3] - q[1] + height_eps;
  const at::Tensor inter = (at::minimum(p[2], q[2]) - at::maximum(p[0], q[0])).clamp_min(0) *
                           (at::minimum(p[3], q[3]) - at::maximum(p[1], q[1])).clamp_min(0);
  m.union_area = m.w1 * m.h1 + m.w2 * m.h2 - inter + eps;
  m.iou = inter / m.union_area;
  if (rule.overlap == Overlap::Iou) return m;
  m.cw = at::maximum(p[2], q[2]) - at::minimum(p[0], q[0]);
  m.ch = at::maximum(p[3], q[3]) - at::minimum(p[1], q[1]);
  m.dx = (q[0] + q[2] - p[0] - p[2]) / 2;
  m.dy = (q[1] + q[3] - p[1] - p[3]) / 2;
  return m;
}

at::Tensor distance_penalty(const Pair& m, double eps) {
  return (m.dx * m.dx + m.dy * m.dy) / (m.cw * m.cw + m.ch * m.ch + eps);
}

at::Tensor aspect_penalty(const Pair& m, const IouRule& rule) {
  const double eps = rule.ratio_eps ? rule.eps : 0;
  const at::Tensor v = kAspect * at::pow(at::atan(m.w2 / (m.h2 + eps)) - at::atan(m.w1 / (m.h1 + eps)), 2);
  const at::Tensor weight = (v / (v - m.iou + (1 + rule.eps))).detach();
  return v * weight;
}

at::Tensor siou_penalty(const Pair& m, double eps) {
  const at::Tensor sx = m.dx + eps, sy = m.dy + eps;
  const at::Tensor sigma = at::sqrt(sx * sx + sy * sy);
  const at::Tensor sin1 = at::abs(sx) / sigma, sin2 = at::abs(sy) / sigma;
  const at::Tensor sine = at::where(sin1 > std::numbers::sqrt2 / 2, sin2, sin1);
  const at::Tensor gamma = at::cos(at::asin(sine) * 2 - std::numbers::pi / 2) - 2;
  const at::Tensor distance = 2 - at::exp(gamma * at::pow(sx / m.cw, 2)) - at::exp(gamma * at::pow(sy / m.ch, 2));
  const at::Tensor wide = at::abs(m.w1 - m.w2) / at::maximum(m.w1, m.w2);
  const at::Tensor high = at::abs(m.h1 - m.h2) / at::maximum(m.h1, m.h2);
  const at::Tensor shape = at::pow(1 - at::exp(-wide), 4) + at::pow(1 - at::exp(-high), 4);
  return (distance + shape) / 2;
}

}  // namespace

at::Tensor iou(const at::Tensor& a_N4, const at::Tensor& b_N4, const IouRule& rule) {
  const Pair m = measure(a_N4, b_N4, rule);
  switch (rule.overlap) {
    case Overlap::Iou:
      return m.iou;
    case Overlap::Giou: {
      const at::Tensor enclosing = m.cw * m.ch + rule.eps;
      return m.iou - (enclosing - m.union_area) / enclosing;
    }
    case Overlap::Diou:
      return m.iou - distance_penalty(m, rule.eps);
    case Overlap::Ciou:
      return m.iou - (distance_penalty(m, rule.eps) + aspect_penalty(m, rule));
    case Overlap::Siou:
      return m.iou - siou_penalty(m, rule.eps);
  }
  fail(Code::Internal, "unknown overlap");
}

at::Tensor pairwise_iou(const at::Tensor& a_N4, const at::Tensor& b_M4) {
  const at::Tensor a = a_N4.unsqueeze(1), b = b_M4.unsqueeze(0);
  const at::Tensor low = at::maximum(a.slice(2, 0, 2), b.slice(2, 0, 2));
  const at::Tensor high = at::minimum(a.slice(2, 2, 4), b.slice(2, 2, 4));
  const at::Tensor inter = (high - low).clamp_min(0).prod(2);
  const at::Tensor area_a = (a.slice(2, 2, 4) - a.slice(2, 0, 2)).prod(2);
  const at::Tensor area_b = (b.slice(2, 2, 4) - b.slice(2, 0, 2)).prod(2);
  return inter / (area_a + area_b - inter);
}

double iou(const Corners& a, const Corners& b, const IouRule& rule) {
  const double eps = rule.eps, height_eps = rule.height_eps ? eps : 0, ratio_eps = rule.ratio_eps ? eps : 0;
  const double w1 = a.x2 - a.x1, h1 = a.y2 - a.y1 + height_eps, w2 = b.x2 - b.x1, h2 = b.y2 - b.y1 + height_eps;
  const double inter = std::max(std::min(a.x2, b.x2) - std::max(a.x1, b.x1), 0.0) *
                       std::max(std::min(a.y2, b.y2) - std::max(a.y1, b.y1), 0.0);
  const double plain = inter / (w1 * h1 + w2 * h2 - inter + eps);
  if (rule.overlap == Overlap::Iou) return plain;
  if (rule.overlap != Overlap::Ciou) fail(Code::InvalidArgument, "an assigner measures Iou or Ciou only");
  const double cw = std::max(a.x2, b.x2) - std::min(a.x1, b.x1), ch = std::max(a.y2, b.y2) - std::min(a.y1, b.y1);
  const double dx = b.x1 + b.x2 - a.x1 - a.x2, dy = b.y1 + b.y2 - a.y1 - a.y2;
  const double distance = (dx * dx + dy * dy) / 4 / (cw * cw + ch * ch + eps);
  const double angle = std::atan(w2 / (h2 + ratio_eps)) - std::atan(w1 / (h1 + ratio_eps));
  const double v = kAspect * angle * angle;
  return plain - (distance + v * v / (v - plain + 1 + eps));
}

at::Tensor corners_from_centre(const at::Tensor& xywh_N4) {
  const at::Tensor centre = xywh_N4.slice(-1, 0, 2), half = xywh_N4.slice(-1, 2, 4) / 2;
  return at::cat({centre - half, centre + half}, -1);
}

at::Tensor centre_from_corners(const at::Tensor& xyxy_N4) {
  const at::Tensor low = xyxy_N4.slice(-1, 0, 2), high = xyxy_N4.slice(-1, 2, 4);
  return at::cat({(low + high) / 2, high - low}, -1);
}

}  // namespace cairn::models
