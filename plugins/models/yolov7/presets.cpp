#include "yolov7/presets.h"

#include <cairn/error.h>

namespace cairn::models {

namespace {

Recipe p5() {
  Recipe recipe;
  recipe.model = "box = 0.05\ncls = 0.3\nobj = 0.7\ncls_pw = 1.0\nobj_pw = 1.0\nanchor_t = 4.0\nloss_ota = true\n";
  recipe.resize_rule = "truncate";
  recipe.schedule = "cosine";
  recipe.final_ratio = 0.1;
  recipe.warmup_min_iterations = 1000;
  recipe.step_rule = "multiple";
  recipe.clip_norm = 0;
  recipe.iou = 0.65;
  recipe.fast_ap = "yolov7";
  recipe.max_aspect = 20;
  recipe.translate = 0.2;
  recipe.scale = 0.9;
  recipe.mosaic_nine = 0.2;
  recipe.mixup = 0.15;
  recipe.mixup_beta = 8;
  return recipe;
}

Recipe p6() {
  Recipe recipe = p5();
  recipe.final_ratio = 0.2;
  return recipe;
}

Recipe tiny() {
  Recipe recipe = p5();
  recipe.model = "box = 0.05\ncls = 0.5\nobj = 1.0\ncls_pw = 1.0\nobj_pw = 1.0\nanchor_t = 4.0\nloss_ota = true\n";
  recipe.final_ratio = 0.01;
  recipe.translate = 0.1;
  recipe.scale = 0.5;
  recipe.mixup = 0.05;
  return recipe;
}

Recipe custom() {
  Recipe recipe = p5();
  recipe.scale = 0.5;
  recipe.mixup = 0;
  return recipe;
}

Recipe current() {
  Recipe recipe;
  recipe.model = tiny().model;
  as_in_ultralytics_8_4(recipe);
  return recipe;
}

}  // namespace

NamedPresets yolov7_presets() {
  NamedPresets presets{
      {"published", to_toml(tiny())}, {"current", to_toml(current())}, {"published-custom", to_toml(custom())}};
  for (const char* variant : {"v7", "x"}) presets.emplace_back(cat("published-", variant), to_toml(p5()));
  for (const char* variant : {"w6", "e6", "d6", "e6e"}) presets.emplace_back(cat("published-", variant), to_toml(p6()));
  return presets;
}

}  // namespace cairn::models
