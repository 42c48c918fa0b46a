#include "yolov5/yolov5.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "common/anchor_maps.h"
#include "common/distribution_head.h"
#include "common/initialise.h"
#include "yolov5/blocks.h"

namespace cairn::models {

namespace {
constexpr IouRule kYoloV5Iou{Overlap::Ciou, 1e-7, /*height_eps=*/false, /*ratio_eps=*/false};
constexpr double kBalanceMemory = 0.9999;
}  // namespace

YoloV5::YoloV5(const YoloV5Params& params, const Context& context, Weights weights)
    : AnchorDetector(context), params_(params) {
  const int64_t usual = 3 * (classes() + 5);
  const YoloV5Variant variant = yolov5_variant(params, usual);
  set_anchor_rule(params, AutoAnchorRule{}, variant.anchors, variant.strides);
  Makers makers = yolov5_makers();
  makers["Detect"] = [this](const Place& at) { return make_head(at); };
  network_ = std::make_shared<Network>(variant.table, makers, variant.scaling);
  set_root(network_);
  if (weights == Weights::Fresh) {
    initialise(*network_, context.seed);
    add_anchor_prior(head().outputs(), strides(), anchors_per_cell(), classes(), 0.99999);
    mark_one_batch_of_zeros(*network_);
  }
  rule_ = rule_of(params, strides(), kYoloV5Iou);
  scale_gains(rule_, classes(), context.image_size);
  balance_ = level_balance(strides().size());
}

Made YoloV5::make_head(const Place& at) const {
  const std::vector<int64_t> widths = widths_of(at);
  return {std::make_shared<AnchorDetect>(widths, outputs_per_cell(), to_tensor(first_anchors(), strides())),
          {},
          listed_arguments(widths)};
}

void YoloV5::set_anchors(const AnchorTable& anchors) {
  const at::NoGradGuard no_grad;
  head().anchors_LA2.copy_(to_tensor(anchors, strides()));
}

YoloV5::Assigned YoloV5::assign(const Tensors& outputs, const Targets& targets) const {
  AnchorTable anchors = current_anchors();
  AnchorObjects objects(targets, classes());
  AnchorMatches matches = match_anchors({params_.anchor_t, 0.5}, Grid(outputs, strides()), anchors, objects);
  return {std::move(anchors), std::move(objects), std::move(matches)};
}

LossTerms YoloV5::loss(const Tensors& outputs, const Targets& targets, const Progress&) {
  const Assigned assigned = assign(outputs, targets);
  const std::vector<AnchorLevelTerms> levels =
      anchor_level_terms(rule_, outputs, assigned.anchors, assigned.objects, assigned.matches);
  AnchorTerms sums;
  accumulate(sums, levels, balance_);
  if (params_.autobalance) rebalance(levels);
  return loss_of(sums, rule_, targets.batch);
}

// The level of stride 16 keeps a balance of 1. A loss that is not finite leaves no trace.
void YoloV5::rebalance(const std::vector<AnchorLevelTerms>& levels) {
  std::vector<double> losses;
  for (const AnchorLevelTerms& level : levels) losses.push_back(level.obj.item<double>());
  if (!std::all_of(losses.begin(), losses.end(), [](double loss) { return std::isfinite(loss) && loss > 0; })) return;
  for (size_t l = 0; l < levels.size(); ++l) {
    balance_[l] = balance_[l] * kBalanceMemory + (1 - kBalanceMemory) / losses[l];
  }
  const double middle = balance_[1];
  for (double& balance : balance_) balance /= middle;
}

at::Tensor YoloV5::decode(const Tensors& outputs) {
  return detections(decode_anchors(outputs, anchors_LA2(), strides()), LoneClass::Multiplies);
}

std::unique_ptr<Model> YoloV5::deploy() {
  auto made = std::make_unique<YoloV5>(params_, context(), Weights::Empty);
  make_deployed(*made);
  return made;
}

void YoloV5::save(StateWriter& to) const {
  for (size_t l = 0; l < balance_.size(); ++l) to.real(cat("balance/", l), balance_[l]);
}

void YoloV5::load(const StateReader& from) {
  for (size_t l = 0; l < balance_.size(); ++l) balance_[l] = from.real(cat("balance/", l));
}

NamedTensors YoloV5::predictions(const Tensors& outputs) const {
  return {{"prediction", decode_anchors(outputs, anchors_LA2(), strides())}};
}

Table YoloV5::training_details(const Tensors& outputs, const Targets& targets) const {
  const Assigned assigned = assign(outputs, targets);
  AnchorDescription parts;
  for (const AnchorLevelTerms& level :
       anchor_level_terms(rule_, outputs, assigned.anchors, assigned.objects, assigned.matches)) {
    parts.add(level);
  }
  return {{"assigned", Table{{"lead", describe(assigned.matches, assigned.objects, Told::Label)}}},
          {"loss_parts", std::move(parts).table()}};
}

Table YoloV5::deploy_counts() {
  return {{"parameters", parameter_elements(deploy()->module())}};
}

}  // namespace cairn::models
