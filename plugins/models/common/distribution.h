// Boxes as distributions over bins per side (Li et al., Generalized Focal Loss, NeurIPS 2020): channel = bins * side +
// bin, sides left, top, right, bottom, in units of the level's stride from the cell centre.
#pragma once
#include "common/convolution.h"
#include "common/predictions.h"

namespace cairn::models {

// The frozen 1x1 convolution over the bins that the published state holds. Child conv with weight 0, 1, ..., bins - 1.
class DistributionProjection final : public torch::nn::Module {
 public:
  explicit DistributionProjection(int64_t bins);

 private:
  std::shared_ptr<Convolution> conv_;
};

// The outputs of a head on all levels.
struct DistributionMaps {
  Tensors boxes;    // [B, 4 * bins, H, W] per level; one bin: plain distances
  Tensors classes;  // [B, classes, H, W] per level, logits
};

// Logits [N, 4, bins] -> expected distance [N, 4]. A single bin is no distribution but the distance itself.
at::Tensor expected_distances(const at::Tensor& bins_N4K);
// Cross entropy of the two bins around each distance, mean over sides -> [N]. Distances are clamped to [0, bins
// - 1.01].
at::Tensor distribution_cross_entropy(const at::Tensor& bins_N4K, const at::Tensor& distances_N4);
// Centres [N, 2] and distances [N, 4] -> corners [N, 4], and back.
at::Tensor corners_around(const at::Tensor& centres_N2, const at::Tensor& distances_N4);
at::Tensor distances_to(const at::Tensor& centres_N2, const at::Tensor& corners_N4);

// All anchors: [B, A, 4 + classes], corners in pixels and probabilities. Float32, or float64 for such maps.
at::Tensor decode(const DistributionMaps& maps, const std::vector<double>& strides);

// The level's map in the type in which losses are computed.
at::Tensor at_least_float(const at::Tensor& x);

class DistributionPredictions final : public SparsePredictions {
 public:
  DistributionPredictions(const DistributionMaps& maps, const Grid& grid);  // borrows the grid
  std::vector<Corners> boxes(const std::vector<int64_t>& rows) const override;
  std::vector<double> scores(const std::vector<int64_t>& rows, const std::vector<int64_t>& labels) const override;

 private:
  DistributionMaps maps_;  // detached
  const Grid& grid_;
};

}  // namespace cairn::models
