// What YOLOv9 is trained with.
#pragma once
#include "common/recipe.h"

namespace cairn::models {

Recipe yolov9_published();  // WongKinYiu/yolov9 5b1ea9a, hyper-parameters "scratch-high"
Recipe yolov9_current();    // the same model and losses under the trainer of Ultralytics 8.4.190

}  // namespace cairn::models
