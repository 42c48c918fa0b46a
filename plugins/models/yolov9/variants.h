// YOLOv9's layer tables.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "common/table.h"

namespace cairn::models {

// "t" to "e": with the auxiliary branch that training needs. "gelan-t" to "gelan-e": the main branch alone.
struct YoloV9Variant {
  LayerTable table;
  bool auxiliary = false;
};

std::vector<std::string> yolov9_variant_names();
// Fails with InvalidArgument for another name.
YoloV9Variant yolov9_variant(std::string_view name);

// The main branch alone of a variant, and for a name of its state the name in the variant's own state.
std::string main_branch_of(std::string_view name);
std::function<std::string(const std::string&)> names_behind_main_branch(std::string_view name);

}  // namespace cairn::models
