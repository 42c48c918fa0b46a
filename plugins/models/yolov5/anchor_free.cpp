#include "yolov5/anchor_free.h"

#include <ATen/ATen.h>

#include "common/detect.h"
#include "common/initialise.h"
#include "yolov5/blocks.h"

namespace cairn::models {

YoloV5u::YoloV5u(const YoloV5uParams& params, const Context& context, Weights weights)
    : Detector(context), params_(params) {
  const YoloV5Variant variant = yolov5_variant(params, 0);
  Makers makers = yolov5_makers();
  makers["Detect"] = [this](const Place& at) -> Made {
    const std::vector<int64_t> widths = widths_of(at);
    return {std::make_shared<Detect>(classes(), widths), {}, head_arguments(classes(), widths)};
  };
  network_ = std::make_shared<Network>(variant.table, makers, variant.scaling);
  set_root(network_);
  if (weights == Weights::Fresh) {
    initialise(*network_, context.seed);
    network_->last<Detect>().set_prior(variant.strides, params.box_bias);
  }
  rule_ = rule_of(params, variant.strides);
}

LossTerms YoloV5u::loss(const Tensors& outputs, const Targets& targets, const Progress&) {
  const DistributionTerms terms = distribution_loss(rule_, maps_of(outputs), targets);
  return {terms.sum() * static_cast<double>(targets.batch),
          {{"box", terms.box.detach()}, {"cls", terms.cls.detach()}, {"dfl", terms.dfl.detach()}}};
}

at::Tensor YoloV5u::decode(const Tensors& outputs) {
  return models::decode(maps_of(outputs), rule_.strides);
}

std::unique_ptr<Model> YoloV5u::deploy() {
  auto made = std::make_unique<YoloV5u>(params_, context(), Weights::Empty);
  make_deployed(*made);
  return made;
}

NamedTensors YoloV5u::raw(const Tensors& outputs) const {
  return raw_levels(maps_of(outputs));
}

NamedTensors YoloV5u::predictions(const Tensors& outputs) const {
  return {{"prediction", published_layout(models::decode(maps_of(outputs), rule_.strides))}};
}

Table YoloV5u::training_details(const Tensors& outputs, const Targets& targets) const {
  const DistributionMaps maps = maps_of(outputs);
  const Objects objects = objects_for(rule_, maps, targets);
  return {{"assignment", describe(distribution_loss(rule_, maps, targets).assignment, objects)}};
}

Table YoloV5u::deploy_counts() {
  return {{"fused_parameters", parameter_elements(deploy()->module())}};
}

}  // namespace cairn::models
