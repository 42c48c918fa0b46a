// What YOLOv7's trainer used, by the names of its hyper-parameter files.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace cairn::models {

// published (of the smallest variant, tiny), published-p5 (v7, x), published-p6, published-custom, current.
std::vector<std::pair<std::string, std::string>> yolov7_presets();

}  // namespace cairn::models
