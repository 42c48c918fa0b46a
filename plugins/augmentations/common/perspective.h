// The affine and perspective map of a training picture, what it does to labels, and which of them survive it.
#pragma once
#include <cairn/sample.h>

#include "common/labels.h"

namespace cairn::augment {

// One draw of every random value.
struct PerspectiveValues {
  double degrees = 0;  // counter-clockwise
  double scale = 1;
  double shear_x = 0, shear_y = 0;              // degrees
  double translate_x = 0.5, translate_y = 0.5;  // where the picture's centre comes to lie, as a share of the output
  double perspective_x = 0, perspective_y = 0;  // third row of the map, per pixel
};

// M = T S R P C on column points, the rightmost acts first: C puts the centre of `source` at the origin, T brings it to
// translate times `output`.
cv::Matx33d perspective_matrix(cv::Size source, cv::Size output, const PerspectiveValues& values);

struct CandidateRule {
  double min_size = 2;      // pixels: width and height must be larger
  double min_area = 0.1;    // of the source area times scale squared; must be larger
  double max_aspect = 100;  // larger side / smaller side must be less
};
bool is_candidate(const Bounds& source, double scale, const Bounds& moved, const CandidateRule& rule);

// Bounds of the four moved corners, not clipped. A corner on or behind the horizon: bounds without area.
Bounds moved_bounds(const cv::Matx33d& map, const Bounds& source);

// An object with an outline gets the bounds of its moved and clipped outline and is judged by `outlined`; one without
// gets the bounds of its moved corners, clipped, and is judged by `boxed`.
void transform_labels(Sample& sample, const cv::Matx33d& map, cv::Size output, double scale, const CandidateRule& boxed,
                      const CandidateRule& outlined);

}  // namespace cairn::augment
