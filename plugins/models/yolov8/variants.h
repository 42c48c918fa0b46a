// YOLOv8's layer tables and scales.
#pragma once
#include <string_view>

#include "common/distribution_params.h"
#include "common/table.h"

namespace cairn::models {

struct YoloV8Params : DistributionParams {
  std::string variant = "n";
  double depth = 0.33, width = 0.25;  // of variant custom, custom-p2, custom-p6
  int64_t max_channels = 1024;
  bool small_object_assignment = false;
};

struct YoloV8Variant {
  LayerTable table;
  Scaling scaling;
  std::vector<double> strides;
};

std::vector<std::string> variant_names();
YoloV8Variant variant_of(const YoloV8Params& params);

}  // namespace cairn::models
