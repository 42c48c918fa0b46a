// The outputs of an anchor-based head: per level one map [B, A * (5 + K), H, W], A anchors of a cell, K classes;
// channels of an anchor are x, y, width, height, objectness, classes.
#pragma once
#include "common/layer.h"

namespace cairn::models {

// [B, A * (5 + K), H, W] -> [B, A, 5 + K, H, W], a view.
at::Tensor by_anchor(const at::Tensor& map, int64_t anchors);
// The published form [B, A, H, W, 5 + K].
at::Tensor published_map(const at::Tensor& map, int64_t anchors);

// Raw numbers [N, 4] or more columns, and the anchors that they belong to [N, 2] -> boxes [N, 4]: centre from the
// cell's corner, width, height, all in the anchors' unit.
at::Tensor anchor_boxes(const at::Tensor& raw_N, const at::Tensor& anchors_N2);

// [B, N, 5 + K]: centre, width and height in pixels, objectness, class probabilities; anchor, row, column, level after
// level. anchors_LA2 in units of the strides. Float32, or float64 for such maps.
at::Tensor decode_anchors(const Tensors& maps, const at::Tensor& anchors_LA2, const std::vector<double>& strides);

// Of a decoded batch, as Model::decode() promises it: corners and class x objectness. A lone class may count for
// nothing, so that the objectness is the score.
enum class LoneClass { Multiplies, Ignored };
at::Tensor detections(const at::Tensor& decoded_BN, LoneClass lone);

}  // namespace cairn::models
