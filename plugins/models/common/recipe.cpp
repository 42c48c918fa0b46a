#include "common/recipe.h"

#include <cairn/value.h>

namespace cairn::models {

namespace {

// TOML, line by line. Numbers are written as Value writes them.
class Lines {
 public:
  Lines& table(const std::string& header) {
    text_ += "\n" + header + "\n";
    return *this;
  }
  Lines& set(const std::string& key, Value value) {
    text_ += key + " = " + value.to_text() + "\n";
    return *this;
  }
  Lines& add(const std::string& lines) {
    text_ += lines;
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void add_scheduler(Lines& lines, const Recipe& r) {
  lines.table("[scheduler]").set("type", r.schedule).set("final_ratio", r.final_ratio);
  lines.set("warmup_epochs", r.warmup_epochs).set("warmup_min_iterations", r.warmup_min_iterations);
  lines.set("warmup_limit", r.warmup_limit);
  lines.set("warmup_bias_lr", r.warmup_bias_lr).set("warmup_momentum", r.warmup_momentum);
  if (r.warmup_end_momentum > 0) lines.set("warmup_end_momentum", r.warmup_end_momentum);
  lines.set("factor_epoch", r.factor_epoch).set("accumulation_ramp", r.accumulation_ramp);
  lines.set("step_rule", r.step_rule).set("lr_batch", r.lr_batch);
}

void add_augmentations(Lines& lines, const Recipe& r) {
  lines.table("[[augmentation]]").set("type", "mosaic").set("probability", r.mosaic);
  lines.set("last_epochs_off", r.mosaic_last_epochs_off);
  if (r.mosaic_nine > 0) lines.set("nine_probability", r.mosaic_nine);
  if (r.copy_paste > 0) {
    lines.table("[[augmentation]]").set("type", "copy_paste").set("share", r.copy_paste).set("only_after", "mosaic");
  }
  lines.table("[[augmentation]]").set("type", "random_perspective").set("translate", r.translate).set("scale", r.scale);
  if (r.max_aspect > 0) lines.set("max_aspect", r.max_aspect);
  if (r.mixup > 0) {
    lines.table("[[augmentation]]").set("type", "mixup").set("probability", r.mixup).set("beta", r.mixup_beta);
    lines.set("only_after", "mosaic").set("last_epochs_off", r.mosaic_last_epochs_off);
  }
  lines.add(r.more_augmentation);
  lines.table("[[augmentation]]").set("type", "hsv").set("hue", r.hue).set("saturation", r.saturation);
  lines.set("value", r.value).set("hue_rule", r.hue_rule);
  lines.table("[[augmentation]]").set("type", "flip").set("horizontal", 0.5);
  lines.table("[[augmentation]]").set("type", "letterbox");
}

}  // namespace

void as_in_ultralytics_8_4(Recipe& recipe) {
  recipe.warmup_min_iterations = 0;
  recipe.warmup_limit = "all_but_one_epoch";
  recipe.factor_epoch = "current";
  recipe.accumulation_ramp = "integer";
  recipe.gradients_at_epoch_start = "carry";
  recipe.mosaic_last_epochs_off = 10;
  recipe.hue_rule = "additive";
  recipe.fast_ap = "ultralytics-8.4";
  recipe.fitness_map50 = 0;
  recipe.fitness_map50_95 = 1;
}

std::string to_toml(const Recipe& r) {
  Lines lines;
  if (r.resize_rule != "ceil") lines.table("[dataset]").set("resize_rule", r.resize_rule);
  lines.table("[model]").add(r.model);
  lines.table("[optimizer]").set("type", "sgd").set("lr", r.lr).set("momentum", r.momentum);
  lines.set("weight_decay", r.weight_decay).set("nesterov", true);
  add_scheduler(lines, r);
  lines.table("[train]").set("nominal_batch", 64).set("clip_norm", r.clip_norm).set("ema", true);
  lines.set("ema_decay", 0.9999).set("ema_tau", 2000.0).set("gradients_at_epoch_start", r.gradients_at_epoch_start);
  lines.table("[evaluate]").set("conf", r.conf).set("iou", r.iou).set("max_det", 300).set("fast_ap", r.fast_ap);
  lines.table("[evaluate.fitness]").set("map50", r.fitness_map50).set("map50_95", r.fitness_map50_95);
  add_augmentations(lines, r);
  return lines.text();
}

}  // namespace cairn::models
