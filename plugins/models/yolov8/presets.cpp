#include "yolov8/presets.h"

namespace cairn::models {

Recipe yolov8_published() {
  Recipe recipe;
  recipe.model = "box_bias = 1.0\nsmall_object_assignment = false\n";
  recipe.mosaic_last_epochs_off = 10;
  return recipe;
}

Recipe yolov8_current() {
  Recipe recipe = yolov8_published();
  recipe.model = "box_bias = 2.0\nsmall_object_assignment = true\n";
  as_in_ultralytics_8_4(recipe);
  return recipe;
}

}  // namespace cairn::models
