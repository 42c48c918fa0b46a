// A family's published hyper-parameters as a struct, and as the TOML text of a preset. Defaults are what most families
// share.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace cairn::models {

struct Recipe {
  std::string model;                 // lines of the model's own table
  std::string resize_rule = "ceil";  // of the dataset

  double lr = 0.01, momentum = 0.937, weight_decay = 0.0005;

  std::string schedule = "linear";  // the scheduler's type
  double final_ratio = 0.01;
  double warmup_epochs = 3.0;
  int warmup_min_iterations = 100;
  double warmup_bias_lr = 0.1, warmup_momentum = 0.8;
  double warmup_end_momentum = 0;  // 0: the optimizer's
  std::string factor_epoch = "previous";
  std::string accumulation_ramp = "fraction";
  std::string warmup_limit = "none";
  std::string step_rule = "since_last";
  int lr_batch = 0;

  double clip_norm = 10.0;
  std::string gradients_at_epoch_start = "zero";

  double conf = 0.001, iou = 0.7;
  std::string fast_ap = "yolov5";
  double fitness_map50 = 0.1, fitness_map50_95 = 0.9;  // what chooses the best weights

  double translate = 0.1, scale = 0.5;
  double max_aspect = 0;  // of boxes that stay; 0: random_perspective's own
  double hue = 0.015, saturation = 0.7, value = 0.4;
  std::string hue_rule = "multiplicative";
  double mosaic = 1.0;     // probability
  double mosaic_nine = 0;  // share of the mosaics that have nine pictures instead of four
  int mosaic_last_epochs_off = 0;
  double copy_paste = 0.0;        // share of the objects, among samples with a mosaic
  double mixup = 0.0;             // probability, among samples with a mosaic
  double mixup_beta = 32.0;       // both parameters of its distribution
  std::string more_augmentation;  // whole tables, before flip
};

// The rules of Ultralytics' trainer of 2025 (8.4), whatever it trains: warm-up, accumulation, hue, AP.
void as_in_ultralytics_8_4(Recipe& recipe);

std::string to_toml(const Recipe& recipe);

// Name and TOML of each.
using NamedPresets = std::vector<std::pair<std::string, std::string>>;

// For FactoryBuilder::with.
struct AddPresets {
  NamedPresets presets;
  template <class Builder>
  Builder&& operator()(Builder&& builder) const {
    for (const auto& [name, toml] : presets) std::move(builder).preset(name, toml);
    return std::move(builder);
  }
};

}  // namespace cairn::models
