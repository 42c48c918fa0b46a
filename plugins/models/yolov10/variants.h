// YOLOv10's layer tables and scales.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "common/table.h"

namespace cairn::models {

struct YoloV10Variant {
  LayerTable table;
  Scaling scaling;
};

std::vector<std::string> yolov10_variant_names();
// Fails with InvalidArgument for another name.
YoloV10Variant yolov10_variant(std::string_view name);

}  // namespace cairn::models
