#include "common/distribution.h"

namespace cairn::models {

DistributionProjection::DistributionProjection(int64_t bins)
    : conv_(register_module("conv", std::make_shared<Convolution>(bins, 1, 1, 1, Bias::No))) {
  conv_->weight.set_data(at::arange(bins, at::kFloat).view({1, bins, 1, 1}));
  conv_->weight.set_requires_grad(false);
}

at::Tensor at_least_float(const at::Tensor& x) {
  return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
}

at::Tensor expected_distances(const at::Tensor& bins_N4K) {
  if (bins_N4K.size(-1) == 1) return bins_N4K.squeeze(-1);
  return at::matmul(at::softmax(bins_N4K, -1), at::arange(bins_N4K.size(-1), bins_N4K.options()));
}

at::Tensor distribution_cross_entropy(const at::Tensor& bins_N4K, const at::Tensor& distances_N4) {
  const auto bins = static_cast<double>(bins_N4K.size(-1));
  const at::Tensor d = distances_N4.clamp(0, bins - 1.01);
  const at::Tensor lower = at::floor(d);
  const at::Tensor index = lower.to(at::kLong).unsqueeze(-1);
  const at::Tensor log_p = at::log_softmax(bins_N4K, -1);
  const at::Tensor below = log_p.gather(-1, index).squeeze(-1), above = log_p.gather(-1, index + 1).squeeze(-1);
  return -(below * (lower + 1 - d) + above * (d - lower)).mean(-1);
}

at::Tensor corners_around(const at::Tensor& centres_N2, const at::Tensor& distances_N4) {
  return at::cat({centres_N2 - distances_N4.slice(-1, 0, 2), centres_N2 + distances_N4.slice(-1, 2, 4)}, -1);
}

at::Tensor distances_to(const at::Tensor& centres_N2, const at::Tensor& corners_N4) {
  return at::cat({centres_N2 - corners_N4.slice(-1, 0, 2), corners_N4.slice(-1, 2, 4) - centres_N2}, -1);
}

at::Tensor decode(const DistributionMaps& maps, const std::vector<double>& strides) {
  const Grid grid(maps.boxes, strides);
  Tensors distances, scores;
  for (size_t l = 0; l < maps.boxes.size(); ++l) {
    const at::Tensor map = at_least_float(maps.boxes[l]).flatten(2);
    const int64_t bins = map.size(1) / 4;
    const at::Tensor weights = at::arange(bins, map.options()).view({1, 1, bins, 1});
    distances.push_back(bins == 1 ? map : (at::softmax(map.unflatten(1, {4, bins}), 2) * weights).sum(2));
    scores.push_back(at::sigmoid(at_least_float(maps.classes[l]).flatten(2)));
  }
  const at::Tensor distances_BA4 = at::cat(distances, 2).transpose(1, 2);
  const auto options = distances_BA4.options();
  const at::Tensor corners = corners_around(grid.centres(options), distances_BA4) * grid.strides(options);
  return at::cat({corners, at::cat(scores, 2).transpose(1, 2)}, -1);
}

DistributionPredictions::DistributionPredictions(const DistributionMaps& maps, const Grid& grid) : grid_(grid) {
  for (const at::Tensor& map : maps.boxes) maps_.boxes.push_back(map.detach());
  for (const at::Tensor& map : maps.classes) maps_.classes.push_back(map.detach());
}

std::vector<Corners> DistributionPredictions::boxes(const std::vector<int64_t>& rows) const {
  std::vector<Corners> result(rows.size());
  const std::vector<LevelRows> levels = rows_by_level(grid_, rows, maps_.boxes[0].device());
  for (size_t l = 0; l < levels.size(); ++l) {
    const at::Tensor bins = at_least_float(gather_cells(maps_.boxes[l], levels[l].images_N, levels[l].cells_N));
    const std::vector<double> d = to_doubles(expected_distances(bins.unflatten(1, {4, bins.size(1) / 4})));
    const Level& level = grid_.levels()[l];
    for (size_t i = 0; i < levels[l].positions.size(); ++i) {
      const auto position = static_cast<size_t>(levels[l].positions[i]);
      const Point at = centre_of(level, rows[position] % grid_.anchors());
      const double* sides = d.data() + i * 4;
      result[position] = {at.x - sides[0] * level.stride, at.y - sides[1] * level.stride,
                          at.x + sides[2] * level.stride, at.y + sides[3] * level.stride};
    }
  }
  return result;
}

std::vector<double> DistributionPredictions::scores(const std::vector<int64_t>& rows,
                                                    const std::vector<int64_t>& labels) const {
  std::vector<double> result(rows.size());
  const at::Device device = maps_.classes[0].device();
  const std::vector<LevelRows> levels = rows_by_level(grid_, rows, device);
  for (size_t l = 0; l < levels.size(); ++l) {
    std::vector<int64_t> channels;
    for (const int64_t position : levels[l].positions) channels.push_back(labels[static_cast<size_t>(position)]);
    const at::Tensor logits =
        gather_cells(maps_.classes[l], levels[l].images_N, to_tensor(channels, device), levels[l].cells_N);
    const std::vector<double> probabilities = to_doubles(at::sigmoid(at_least_float(logits)));
    for (size_t i = 0; i < probabilities.size(); ++i) {
      result[static_cast<size_t>(levels[l].positions[i])] = probabilities[i];
    }
  }
  return result;
}

}  // namespace cairn::models
