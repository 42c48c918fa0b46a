// What the losses need of assigned anchors.
#pragma once
#include "common/distribution.h"
#include "common/objects.h"
#include "common/task_aligned.h"

namespace cairn::models {

// Level after level, on the maps' device and in the type of the loss; centres and corners in units of the stride.
// Predictions carry gradients; with no positives at all they still belong to the graph of every map.
struct Positives {
  at::Tensor bins_N4K;    // logits of the distances; one bin is a distance itself
  at::Tensor logits_N;    // of the object's class
  at::Tensor centres_N2;  // of the cell
  at::Tensor corners_N4;  // of the object
  at::Tensor scores_N;    // target scores
  at::Tensor predicted() const { return corners_around(centres_N2, expected_distances(bins_N4K)); }
  at::Tensor distances() const { return distances_to(centres_N2, corners_N4); }
};
Positives gather_positives(const DistributionMaps& maps, const Grid& grid, const Objects& objects,
                           const Assignment& assignment);

}  // namespace cairn::models
