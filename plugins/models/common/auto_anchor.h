// Anchors from the box sizes of a training set: k-means, then a genetic search (the rule of YOLOv5 and v7). Everything
// follows from the seed; one thread, no clock.
#pragma once
#include <span>

#include <cairn/dataset_statistics.h>

#include "common/anchors.h"

namespace cairn::models {

struct AutoAnchorRule {
  double max_ratio = 4;         // a box fits an anchor when neither side differs by this factor
  double enough = 0.98;         // recall that leaves anchors alone
  bool random_fallback = true;  // too few boxes or clusters: random sizes (v5); otherwise the anchors stay (v7)
  int generations = 1000;
  int restarts = 30;
};

// Share of the boxes that fit some anchor, and anchors that a box fits on average.
struct AnchorFit {
  double recall = 0, anchors_per_box = 0;
};
AnchorFit anchor_fit(std::span<const AnchorSize> boxes, std::span<const AnchorSize> anchors, double max_ratio);

// `count` sizes, smallest area first; empty when there are too few boxes and no fallback. Boxes with both sides below
// two pixels are not looked at.
std::vector<AnchorSize> anchors_for(std::span<const BoxSize> boxes, size_t count, const AutoAnchorRule& rule,
                                    int64_t image_size, uint64_t seed);

struct AutoAnchorResult {
  AnchorTable anchors;
  AnchorFit before, after;  // of the boxes, each picture enlarged by a random factor between 0.9 and 1.1
  bool changed = false;
};
// `current` unless its recall is not enough and new ones are better.
AutoAnchorResult auto_anchor(std::span<const BoxSize> boxes, const AnchorTable& current,
                             const std::vector<double>& strides, const AutoAnchorRule& rule, int64_t image_size,
                             uint64_t seed);

}  // namespace cairn::models
