#include "yolov10/presets.h"

namespace cairn::models {

Recipe yolov10_published() {
  Recipe recipe;
  recipe.model =
      "box_bias = 1.0\nsmall_object_assignment = false\none2one_topk = 1\none2one_limit = 0\n"
      "weights_at_start = [1.0, 1.0]\nweights_at_end = [1.0, 1.0]\n";
  recipe.momentum = 0.9;
  recipe.warmup_end_momentum = 0.937;
  recipe.warmup_bias_lr = 0.0;
  recipe.mosaic_last_epochs_off = 10;
  recipe.conf = 0.0;
  return recipe;
}

Recipe yolov10_current() {
  Recipe recipe = yolov10_published();
  recipe.model =
      "box_bias = 2.0\nsmall_object_assignment = true\none2one_topk = 7\none2one_limit = 1\n"
      "weights_at_start = [0.8, 0.2]\nweights_at_end = [0.1, 0.9]\n";
  as_in_ultralytics_8_4(recipe);
  recipe.conf = 0.001;
  return recipe;
}

}  // namespace cairn::models
