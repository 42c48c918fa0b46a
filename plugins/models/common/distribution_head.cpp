#include "common/distribution_head.h"

#include <ATen/ATen.h>

namespace cairn::models {

Tensors BranchPair::forward(const Tensors& features) const {
  Tensors outputs;
  for (size_t level = 0; level < features.size(); ++level) {
    outputs.push_back((*boxes)[level].forward(features[level]));
  }
  for (size_t level = 0; level < features.size(); ++level) {
    outputs.push_back((*classes)[level].forward(features[level]));
  }
  return outputs;
}

void BranchPair::set_prior(const std::vector<double>& strides, double box_bias) const {
  models::set_prior(*boxes, *classes, strides, box_bias);
}

Tensors features_of(std::span<const Tensors> inputs) {
  Tensors features;
  for (const Tensors& input : inputs) features.push_back(input[0]);
  return features;
}

DistributionMaps maps_of(const Tensors& outputs, size_t pair, size_t pairs) {
  const auto levels = static_cast<std::ptrdiff_t>(outputs.size() / pairs / 2);
  const auto first = outputs.begin() + static_cast<std::ptrdiff_t>(pair) * 2 * levels;
  return {{first, first + levels}, {first + levels, first + 2 * levels}};
}

NamedTensors raw_levels(const DistributionMaps& maps, const std::string& prefix) {
  NamedTensors named;
  for (size_t l = 0; l < maps.boxes.size(); ++l) {
    named.emplace_back(prefix + std::to_string(l), at::cat({maps.boxes[l], maps.classes[l]}, 1));
  }
  return named;
}

std::vector<int64_t> widths_of(const Place& at) {
  std::vector<int64_t> widths;
  for (const auto& input : at.inputs) widths.push_back(input[0]);
  return widths;
}

List head_arguments(int64_t classes, const std::vector<int64_t>& widths) {
  List listed;
  for (const int64_t width : widths) listed.emplace_back(width);
  return list_of(classes, std::move(listed));
}

}  // namespace cairn::models
