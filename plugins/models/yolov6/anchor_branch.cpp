#include "yolov6/anchor_branch.h"

#include <array>

namespace cairn::models {

namespace {

// Width and height in pixels, of strides 8, 16, 32.
using Sizes = std::array<std::array<double, 2>, kYoloV6Anchors>;
constexpr std::array<Sizes, 3> kAnchors{
    {{{{10, 13}, {19, 19}, {33, 23}}}, {{{30, 61}, {59, 59}, {59, 119}}}, {{{116, 90}, {185, 185}, {373, 326}}}}};

// [B, 3 * C, H, W] -> [B, C, 3, H, W]
at::Tensor by_anchor(const at::Tensor& map) {
  return at_least_float(map).unflatten(1, {kYoloV6Anchors, map.size(1) / kYoloV6Anchors}).transpose(1, 2);
}

struct Boxes {
  at::Tensor offset, size;  // [B, 2, 3, H, W], in cells
};

Boxes boxes_of(const at::Tensor& map, size_t level, double stride) {
  const at::Tensor raw = by_anchor(map);
  std::vector<double> sizes;
  for (const size_t side : {0, 1}) {
    for (const auto& anchor : kAnchors[level]) sizes.push_back(anchor[side] / stride);
  }
  const at::Tensor scale = to_tensor(sizes, raw.options().requires_grad(false)).view({2, kYoloV6Anchors, 1, 1});
  return {raw.slice(1, 0, 2), at::pow(at::sigmoid(raw.slice(1, 2, 4)) * 2, 2) * scale};
}

}  // namespace

DistributionMaps anchor_maps(const YoloV6Outputs& outputs, const std::vector<double>& strides) {
  DistributionMaps maps;
  for (size_t level = 0; level < outputs.anchor_boxes.size(); ++level) {
    const Boxes boxes = boxes_of(outputs.anchor_boxes[level], level, strides[level]);
    const at::Tensor half = boxes.size / 2;
    maps.boxes.push_back(at::cat({half - boxes.offset, half + boxes.offset}, 1).flatten(2, 3));
    maps.classes.push_back(by_anchor(outputs.anchor_classes[level]).flatten(2, 3));
  }
  return maps;
}

Tensors anchor_boxes(const YoloV6Outputs& outputs, const std::vector<double>& strides) {
  Tensors result;
  for (size_t level = 0; level < outputs.anchor_boxes.size(); ++level) {
    const Boxes boxes = boxes_of(outputs.anchor_boxes[level], level, strides[level]);
    result.push_back(at::cat({boxes.offset, boxes.size}, 1).flatten(2).transpose(1, 2));
  }
  return result;
}

}  // namespace cairn::models
