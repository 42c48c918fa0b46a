// What YOLOv8's trainer used.
#pragma once
#include "common/recipe.h"

namespace cairn::models {

Recipe yolov8_published();  // Ultralytics 8.1.34, with which the golden files were made; 8.3 has the same numbers
Recipe yolov8_current();    // Ultralytics 8.4.190

}  // namespace cairn::models
