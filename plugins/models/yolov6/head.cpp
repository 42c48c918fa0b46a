#include "yolov6/head.h"

#include <cmath>

#include <ATen/ATen.h>

#include "common/detector.h"
#include "yolov6/lite.h"

namespace cairn::models {

YoloV6Head::YoloV6Head(const YoloV6HeadForm& form, const std::vector<int64_t>& widths) : form_(form), widths_(widths) {
  if (!form.lite) {
    proj_ = register_parameter("proj", at::arange(kYoloV6Bins, at::kFloat), false);
    const auto proj_conv = add<Convolution>("proj_conv", kYoloV6Bins, 1, 1, 1, Bias::No);
    proj_conv->weight.set_data(at::arange(kYoloV6Bins, at::kFloat).view({1, kYoloV6Bins, 1, 1}));
    proj_conv->weight.set_requires_grad(false);
  }
  stems_ = towers("stems", widths, 1);
  cls_convs_ = towers("cls_convs", widths, 3);
  reg_convs_ = towers("reg_convs", widths, 3);
  cls_preds_ = outputs("cls_preds", widths, form.classes);
  if (form.student) reg_preds_dist_ = outputs("reg_preds_dist", widths, 4 * kYoloV6Bins);
  reg_preds_ = outputs("reg_preds", widths, 4 * form.bins);
  if (form.anchors) {
    cls_preds_ab_ = outputs("cls_preds_ab", widths, kYoloV6Anchors * form.classes);
    reg_preds_ab_ = outputs("reg_preds_ab", widths, kYoloV6Anchors * 4);
  }
}

std::shared_ptr<Chain> YoloV6Head::towers(const char* name, const std::vector<int64_t>& widths, int64_t kernel) {
  std::vector<std::shared_ptr<Block>> blocks;
  for (const int64_t width : widths) {
    if (form_.lite) {
      blocks.push_back(std::make_shared<DepthwiseBlock>(width, width));
    } else {
      blocks.push_back(std::make_shared<ConvBlock>(width, width, kernel, 1, Activation::SiLU));
    }
  }
  return register_module(name, std::make_shared<Chain>(std::move(blocks)));
}

std::shared_ptr<Chain> YoloV6Head::outputs(const char* name, const std::vector<int64_t>& widths, int64_t channels) {
  std::vector<std::shared_ptr<Block>> blocks;
  for (const int64_t width : widths) blocks.push_back(std::make_shared<Convolution>(width, channels));
  return register_module(name, std::make_shared<Chain>(std::move(blocks)));
}

namespace {
void append(Tensors& to, const Tensors& more) {
  to.insert(to.end(), more.begin(), more.end());
}
}  // namespace

Tensors YoloV6Head::run(std::span<const Tensors> inputs) {
  YoloV6Outputs y;
  for (size_t level = 0; level < inputs.size(); ++level) {
    const at::Tensor& x = inputs[level][0];
    const at::Tensor stem = (*stems_)[level].forward(x);
    const at::Tensor cls = (*cls_convs_)[level].forward(stem), reg = (*reg_convs_)[level].forward(stem);
    y.classes.push_back((*cls_preds_)[level].forward(cls));
    y.boxes.push_back((*reg_preds_)[level].forward(reg));
    if (!is_training()) continue;
    if (reg_preds_dist_) y.distributed.push_back((*reg_preds_dist_)[level].forward(reg));
    if (cls_preds_ab_) y.anchor_classes.push_back((*cls_preds_ab_)[level].forward(cls));
    if (reg_preds_ab_) y.anchor_boxes.push_back((*reg_preds_ab_)[level].forward(reg));
    y.stems.push_back(stem);
    y.necks.push_back(x);
  }
  Tensors all = std::move(y.classes);
  for (const Tensors* group : {&y.boxes, &y.distributed, &y.anchor_classes, &y.anchor_boxes, &y.stems, &y.necks}) {
    append(all, *group);
  }
  return all;
}

YoloV6Outputs YoloV6Head::split(const Tensors& outputs) const {
  YoloV6Outputs y;
  const auto levels = static_cast<std::ptrdiff_t>(widths_.size());
  auto next = outputs.begin();
  const auto take = [&](Tensors& group) {
    group.assign(next, next + levels);
    next += levels;
  };
  take(y.classes);
  take(y.boxes);
  if (next == outputs.end()) return y;
  if (reg_preds_dist_) take(y.distributed);
  if (cls_preds_ab_) {
    take(y.anchor_classes);
    take(y.anchor_boxes);
  }
  take(y.stems);
  take(y.necks);
  return y;
}

void YoloV6Head::merge() {
  const auto drop = [this](const char* name, std::shared_ptr<Chain>& blocks) {
    if (blocks) unregister_module(name);
    blocks = nullptr;
  };
  drop("reg_preds_dist", reg_preds_dist_);
  drop("cls_preds_ab", cls_preds_ab_);
  drop("reg_preds_ab", reg_preds_ab_);
}

void YoloV6Head::set_prior() {
  const at::NoGradGuard no_grad;
  const auto fill = [](const std::shared_ptr<Chain>& blocks, double bias) {
    for (size_t level = 0; blocks && level < blocks->size(); ++level) {
      auto& output = dynamic_cast<Convolution&>((*blocks)[level]);
      output.weight.zero_();
      output.bias.fill_(bias);
    }
  };
  for (const auto& blocks : {cls_preds_, cls_preds_ab_}) fill(blocks, -std::log(99.0));
  for (const auto& blocks : {reg_preds_, reg_preds_dist_, reg_preds_ab_}) fill(blocks, 1);
}

List YoloV6Head::listing() const {
  const char* tower = form_.lite ? "DPBlock" : "ConvBNSiLU";
  List rows;
  const auto row = [&](const char* name, const std::shared_ptr<Chain>& blocks, const char* module, size_t level,
                       int64_t out) {
    const std::string path = std::string(name) + "." + std::to_string(level);
    rows.emplace_back(list_of(path, module, widths_[level], out, parameter_elements((*blocks)[level])));
  };
  for (size_t level = 0; level < widths_.size(); ++level) {
    const int64_t width = widths_[level];
    row("stems", stems_, tower, level, width);
    row("cls_convs", cls_convs_, tower, level, width);
    if (form_.anchors) row("reg_convs", reg_convs_, tower, level, width);
    row("cls_preds", cls_preds_, "Conv2d", level, form_.classes);
    if (!form_.anchors) row("reg_convs", reg_convs_, tower, level, width);
    row("reg_preds", reg_preds_, "Conv2d", level, 4 * form_.bins);
  }
  return rows;
}

}  // namespace cairn::models
