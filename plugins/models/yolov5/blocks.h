// The makers of YOLOv5's body.
#pragma once
#include "common/table.h"

namespace cairn::models {

// The standard ones and C3 {out, shortcut}.
Makers yolov5_makers();

}  // namespace cairn::models
