#include "common/anchor_maps.h"

#include <ATen/ATen.h>

#include "common/distribution.h"
#include "common/iou.h"

namespace cairn::models {

at::Tensor by_anchor(const at::Tensor& map, int64_t anchors) {
  return map.unflatten(1, {anchors, map.size(1) / anchors});
}

at::Tensor published_map(const at::Tensor& map, int64_t anchors) {
  return by_anchor(map, anchors).permute({0, 1, 3, 4, 2});
}

at::Tensor anchor_boxes(const at::Tensor& raw_N, const at::Tensor& anchors_N2) {
  const at::Tensor t = at::sigmoid(raw_N.slice(-1, 0, 4));
  return at::cat({t.slice(-1, 0, 2) * 2 - 0.5, at::pow(t.slice(-1, 2, 4) * 2, 2) * anchors_N2}, -1);
}

namespace {
// Columns and rows of the cells, [H, W, 2].
at::Tensor cells(int64_t height, int64_t width, const at::TensorOptions& options) {
  const at::Tensor x = at::arange(width, options).view({1, -1}).expand({height, width});
  const at::Tensor y = at::arange(height, options).view({-1, 1}).expand({height, width});
  return at::stack({x, y}, -1);
}
}  // namespace

at::Tensor decode_anchors(const Tensors& maps, const at::Tensor& anchors_LA2, const std::vector<double>& strides) {
  Tensors levels;
  for (size_t l = 0; l < maps.size(); ++l) {
    const int64_t anchors = anchors_LA2.size(1);
    const at::Tensor raw = at_least_float(published_map(maps[l], anchors));
    const at::Tensor sizes = anchors_LA2[static_cast<int64_t>(l)].to(raw.scalar_type()).view({1, anchors, 1, 1, 2});
    const at::Tensor boxes = anchor_boxes(raw, sizes);
    const at::Tensor centres = boxes.slice(-1, 0, 2) + cells(raw.size(2), raw.size(3), raw.options());
    const at::Tensor pixels = at::cat({centres, boxes.slice(-1, 2, 4)}, -1) * strides[l];
    levels.push_back(at::cat({pixels, at::sigmoid(raw.slice(-1, 4))}, -1).flatten(1, 3));
  }
  return at::cat(levels, 1);
}

at::Tensor detections(const at::Tensor& decoded_BN, LoneClass lone) {
  const at::Tensor objectness = decoded_BN.slice(-1, 4, 5);
  const bool ignored = lone == LoneClass::Ignored && decoded_BN.size(-1) == 6;
  const at::Tensor scores = ignored ? objectness : objectness * decoded_BN.slice(-1, 5);
  return at::cat({corners_from_centre(decoded_BN.slice(-1, 0, 4)), scores}, -1);
}

}  // namespace cairn::models
