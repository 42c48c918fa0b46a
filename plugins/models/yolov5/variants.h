// YOLOv5's layer tables and scales.
#pragma once
#include <string_view>

#include "common/anchors.h"
#include "common/table.h"

namespace cairn::models {

// What a pipeline says of the network, whatever its head.
struct YoloV5Size {
  std::string variant = "n";
  double depth = 0.33, width = 0.25;  // of variant custom, custom6
};

struct YoloV5Variant {
  LayerTable table;  // the last row is the head
  Scaling scaling;
  std::vector<double> strides;
  AnchorTable anchors;
};

std::vector<std::string> yolov5_variant_names();
// `unscaled`: a width of the table that is left as it is. The published code takes a width of 3 x (classes + 5) for
// that of a head. 0 for none.
YoloV5Variant yolov5_variant(const YoloV5Size& size, int64_t unscaled);

}  // namespace cairn::models
