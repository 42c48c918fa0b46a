// What YOLOv7's trainer used, by the names of its hyper-parameter files.
#pragma once
#include "common/recipe.h"

namespace cairn::models {

// published (of the smallest variant, tiny), current, published-<variant> for the others, published-custom.
NamedPresets yolov7_presets();

}  // namespace cairn::models
