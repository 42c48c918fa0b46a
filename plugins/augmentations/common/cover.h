// Labels under something opaque.
#pragma once
#include <span>

#include <cairn/sample.h>

namespace cairn::augment {

// The area of `box` that lies under at least one rectangle.
double covered_area(const Box& box, std::span<const cv::Rect> covers);

// Drops boxes of which less than min_visible (a share of their area) shows. One of the others that lost a whole side
// shrinks to what shows, and its outline with it.
void hide_under(Sample& sample, std::span<const cv::Rect> covers, double min_visible);

}  // namespace cairn::augment
