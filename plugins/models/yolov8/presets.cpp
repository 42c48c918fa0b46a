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
  recipe.warmup_min_iterations = 0;
  recipe.warmup_limit = "all_but_one_epoch";
  recipe.factor_epoch = "current";
  recipe.accumulation_ramp = "integer";
  recipe.gradients_at_epoch_start = "carry";
  recipe.hue_rule = "additive";
  recipe.fast_ap = "ultralytics-8.4";
  return recipe;
}

}  // namespace cairn::models
