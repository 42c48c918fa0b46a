// What YOLOv6's trainer used; its last state (0.4.1 of 2024) and the one of the golden files are the same.
#pragma once
#include "common/recipe.h"

namespace cairn::models {

// Name and TOML: "published" and "current" (variant n), and "published-<variant>" for those with strengths of their
// own.
NamedPresets yolov6_presets();

}  // namespace cairn::models
