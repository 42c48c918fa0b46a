#include "yolov5/presets.h"

namespace cairn::models {

namespace {

Recipe low() {
  Recipe recipe;
  recipe.model = "box = 0.05\ncls = 0.5\nobj = 1.0\ncls_pw = 1.0\nobj_pw = 1.0\nanchor_t = 4.0\nfl_gamma = 0.0\n";
  recipe.iou = 0.6;
  return recipe;
}

Recipe med() {
  Recipe recipe = low();
  recipe.model = "box = 0.05\ncls = 0.3\nobj = 0.7\ncls_pw = 1.0\nobj_pw = 1.0\nanchor_t = 4.0\nfl_gamma = 0.0\n";
  recipe.final_ratio = 0.1;
  recipe.scale = 0.9;
  recipe.mixup = 0.1;
  return recipe;
}

Recipe high() {
  Recipe recipe = med();
  recipe.copy_paste = 0.1;
  return recipe;
}

Recipe objects365() {
  Recipe recipe = low();
  recipe.model =
      "box = 0.0539\ncls = 0.299\nobj = 0.632\ncls_pw = 0.825\nobj_pw = 1.0\nanchor_t = 3.44\nfl_gamma = 0.0\n";
  recipe.lr = 0.00258;
  recipe.final_ratio = 0.17;
  recipe.momentum = 0.779;
  recipe.weight_decay = 0.00058;
  recipe.warmup_epochs = 1.33;
  recipe.warmup_momentum = 0.86;
  recipe.warmup_bias_lr = 0.0711;
  recipe.hue = 0.0188;
  recipe.saturation = 0.704;
  recipe.value = 0.36;
  recipe.translate = 0.0902;
  recipe.scale = 0.491;
  return recipe;
}

Recipe voc() {
  Recipe recipe = low();
  recipe.model =
      "box = 0.02\ncls = 0.21638\nobj = 0.51728\ncls_pw = 0.5\nobj_pw = 0.67198\nanchor_t = 3.3744\nfl_gamma = 0.0\n";
  recipe.lr = 0.00334;
  recipe.final_ratio = 0.15135;
  recipe.momentum = 0.74832;
  recipe.weight_decay = 0.00025;
  recipe.warmup_epochs = 3.3835;
  recipe.warmup_momentum = 0.59462;
  recipe.warmup_bias_lr = 0.18657;
  recipe.hue = 0.01041;
  recipe.saturation = 0.54703;
  recipe.value = 0.27739;
  recipe.translate = 0.04591;
  recipe.scale = 0.75544;
  recipe.mosaic = 0.85834;
  recipe.mixup = 0.04266;
  return recipe;
}

Recipe current() {
  Recipe recipe = low();
  as_in_ultralytics_8_4(recipe);
  return recipe;
}

}  // namespace

NamedPresets yolov5_presets() {
  return {{"published", to_toml(low())},     {"current", to_toml(current())},
          {"published-med", to_toml(med())}, {"published-high", to_toml(high())},
          {"published-voc", to_toml(voc())}, {"published-objects365", to_toml(objects365())}};
}

Recipe yolov5u_published() {
  Recipe recipe;
  recipe.model = "box_bias = 1.0\n";
  recipe.mosaic_last_epochs_off = 10;
  return recipe;
}

Recipe yolov5u_current() {
  Recipe recipe = yolov5u_published();
  recipe.model = "box_bias = 2.0\n";
  as_in_ultralytics_8_4(recipe);
  return recipe;
}

}  // namespace cairn::models
