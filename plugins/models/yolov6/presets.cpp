#include "yolov6/presets.h"

namespace cairn::models {

namespace {

struct Strengths {
  const char* variant;
  double lr = 0.01;
  double scale = 0.5, mixup = 0;
  int lr_batch = 32;
};
constexpr Strengths kStrengths[] = {
    {"n", 0.02, 0.5, 0.0, 32},  {"s", 0.01, 0.5, 0.0, 32},  {"m", 0.01, 0.9, 0.1, 32},  {"l", 0.01, 0.9, 0.1, 32},
    {"n6", 0.02, 0.5, 0.0, 16}, {"s6", 0.01, 0.5, 0.0, 16}, {"m6", 0.01, 0.9, 0.1, 16}, {"l6", 0.01, 0.9, 0.2, 16},
};

Recipe common() {
  Recipe recipe;
  recipe.model = "box = 2.5\ncls = 1.0\ndfl = 0.5\n";
  recipe.resize_rule = "truncate";
  recipe.schedule = "cosine";
  recipe.warmup_min_iterations = 1000;
  recipe.accumulation_ramp = "reset";
  recipe.lr_batch = 32;
  recipe.clip_norm = 0;
  recipe.conf = 0.03;
  recipe.iou = 0.65;
  recipe.fitness_map50 = 0;
  recipe.fitness_map50_95 = 1;
  recipe.max_aspect = 20;
  recipe.mosaic_last_epochs_off = 15;
  return recipe;
}

Recipe recipe_of(const Strengths& strengths) {
  Recipe recipe = common();
  recipe.lr = strengths.lr;
  recipe.scale = strengths.scale;
  recipe.mixup = strengths.mixup;
  recipe.lr_batch = strengths.lr_batch;
  return recipe;
}

Recipe lite() {
  Recipe recipe = common();
  recipe.lr = 0.4;
  recipe.momentum = 0.9;
  recipe.weight_decay = 4e-5;
  return recipe;
}

}  // namespace

NamedPresets yolov6_presets() {
  const std::string smallest = to_toml(recipe_of(kStrengths[0]));
  NamedPresets presets{{"published", smallest}, {"current", smallest}};
  for (const Strengths& strengths : kStrengths) {
    presets.emplace_back(std::string("published-") + strengths.variant, to_toml(recipe_of(strengths)));
  }
  for (const char* variant : {"lite-s", "lite-m", "lite-l"}) {
    presets.emplace_back(std::string("published-") + variant, to_toml(lite()));
  }
  return presets;
}

}  // namespace cairn::models
