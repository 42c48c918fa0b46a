// YOLOv7's row tables.
#pragma once
#include <string_view>

#include "common/anchors.h"
#include "common/convolution.h"
#include "common/table.h"

namespace cairn::models {

struct YoloV7Variant {
  // The last row is the head: IDetect, or IAuxDetect with as many auxiliary inputs after the lead ones.
  LayerTable table;
  std::vector<double> strides;
  AnchorTable anchors;
  Activation activation = Activation::SiLU;
  bool auxiliary = false;
};

// With: the training graph. Without: the rows that only the auxiliary outputs need are missing, and the head is
// IDetect.
enum class Auxiliary { With, Without };

std::vector<std::string> yolov7_variant_names();
YoloV7Variant yolov7_variant(std::string_view name, Auxiliary auxiliary);

}  // namespace cairn::models
