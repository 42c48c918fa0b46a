// What YOLOv10 is trained with.
#pragma once
#include "common/recipe.h"

namespace cairn::models {

Recipe yolov10_published();  // THU-MIG/yolov10, a fork of Ultralytics 8.1.34, with SGD as its long runs choose it
Recipe yolov10_current();    // Ultralytics 8.4.190

}  // namespace cairn::models
