// Boxes and outlines of a sample: moved, clipped, dropped, joined. Outlines stay parallel to boxes through all of it.
#pragma once
#include <span>
#include <vector>

#include <cairn/sample.h>

namespace cairn::augment {

// Corners in pixels, in double where a rule is defined so.
struct Bounds {
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  double width() const { return x2 - x1; }
  double height() const { return y2 - y1; }
  double area() const { return width() * height(); }
};

Bounds bounds_of(const Box& box);
Bounds bounds_of(const cv::Rect& rect);
Bounds clipped(const Bounds& bounds, const Bounds& limits);  // may come back without area; never turned inside out
// Of all rings; empty rings count for nothing. Without any point: no area, at the origin.
Bounds bounds_of(const Polygon& polygon);

// The box gets other corners; its annotated area keeps its share of width times height.
void set_bounds(Box& box, const Bounds& bounds);

// x -> scale_x x + shift_x, y likewise, for boxes and outlines.
void move_labels(Sample& sample, double scale_x, double shift_x, double scale_y, double shift_y);

// Clips everything to `limits` and drops boxes that have no width or height left.
void clip_labels(Sample& sample, const Bounds& limits);
void clip_labels(Sample& sample);  // to the picture

// Keeps the i-th box and outline where keep[i] is not 0. keep has one entry per box.
void keep_labels(Sample& sample, std::span<const char> keep);

// Appends the boxes and outlines of `from` to those of `to`.
void append_labels(Sample& to, const Sample& from);

}  // namespace cairn::augment
