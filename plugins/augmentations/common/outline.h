// Outlines of objects: clipping to a rectangle and painting as a mask.
#pragma once
#include <cairn/sample.h>

#include "common/labels.h"

namespace cairn::augment {

// The part of each ring inside `limits` (Sutherland and Hodgman: Reentrant polygon clipping, CACM 1974); rings of which
// less than three corners remain are removed.
void clip_outline(Polygon& polygon, const Bounds& limits);

// 8-bit, 255 inside any ring, of the size of `region`, whose corner is the mask's origin.
cv::Mat mask_of(const Polygon& polygon, const cv::Rect& region);

}  // namespace cairn::augment
