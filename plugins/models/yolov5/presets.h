// What YOLOv5's trainer used, by the names of its hyper-parameter files.
#pragma once
#include "common/recipe.h"

namespace cairn::models {

// published (low), published-med, published-high, published-objects365, published-voc, current.
NamedPresets yolov5_presets();
// Of the anchor-free form: Ultralytics 8.1.34 and 8.4.190.
Recipe yolov5u_published();
Recipe yolov5u_current();

}  // namespace cairn::models
