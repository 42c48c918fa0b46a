// The anchor-based half of anchor-aided training (fuse_ab).
#pragma once
#include "yolov6/head.h"

namespace cairn::models {

// Three anchors a cell as maps of distances from the cell's centre: one bin, height 3 H, anchor after anchor, with
// gradients. The grid that belongs to them has three copies.
DistributionMaps anchor_maps(const YoloV6Outputs& outputs, const std::vector<double>& strides);

// Per level [B, 3 H W, 4], anchor after anchor: offsets of the centre and sizes, in cells.
Tensors anchor_boxes(const YoloV6Outputs& outputs, const std::vector<double>& strides);

}  // namespace cairn::models
