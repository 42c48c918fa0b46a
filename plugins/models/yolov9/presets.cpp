#include "yolov9/presets.h"

namespace cairn::models {

Recipe yolov9_published() {
  Recipe recipe;
  recipe.model = "box_bias = 1.0\nauxiliary_gain = 0.25\n";
  recipe.resize_rule = "truncate";
  recipe.scale = 0.9;
  recipe.mixup = 0.15;
  recipe.copy_paste = 0.3;
  recipe.mosaic_last_epochs_off = 15;
  return recipe;
}

Recipe yolov9_current() {
  Recipe recipe;
  recipe.model = yolov9_published().model;
  as_in_ultralytics_8_4(recipe);
  return recipe;
}

}  // namespace cairn::models
