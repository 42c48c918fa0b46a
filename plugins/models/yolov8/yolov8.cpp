// YOLOv8 (Ultralytics, 2023): anchor free, decoupled head, distributed boxes, task-aligned assignment.
#include <algorithm>

#include <ATen/ATen.h>

#include "common/detect.h"
#include "common/detector.h"
#include "common/distribution_loss.h"
#include "common/initialise.h"
#include "common/network.h"
#include "yolov8/presets.h"
#include "yolov8/variants.h"

namespace cairn::models {

class YoloV8 final : public Detector {
 public:
  YoloV8(const YoloV8Params& params, const Context& context)
      : Detector(context), params_(params), variant_(variant_of(params)) {
    Makers makers = standard_makers();
    makers["Detect"] = [this](const Place& at) { return make_head(at); };
    network_ = std::make_shared<Network>(variant_.table, makers, variant_.scaling);
    set_root(network_);
    initialise(*network_, context.seed);
    network_->last<Detect>().set_prior(variant_.strides, params.box_bias);
    rule_ = rule_of(params, variant_.strides);
    if (params.small_object_assignment) rule_.assigner.min_side = variant_.strides[1];
  }

  Tensors forward(const at::Tensor& images_BCHW) override { return network_->forward(images_BCHW); }

  LossTerms loss(const Tensors& outputs, const Targets& targets, const Progress&) override {
    const DistributionTerms terms = distribution_loss(rule_, maps_of(outputs), targets);
    return {terms.sum() * static_cast<double>(targets.batch),
            {{"box", terms.box.detach()}, {"cls", terms.cls.detach()}, {"dfl", terms.dfl.detach()}}};
  }

  at::Tensor decode(const Tensors& outputs) override { return models::decode(maps_of(outputs), variant_.strides); }

  int64_t max_stride() const override { return static_cast<int64_t>(variant_.strides.back()); }

  std::unique_ptr<Model> deploy() override {
    auto made = std::make_unique<YoloV8>(params_, context());
    make_deployed(*made);
    return made;
  }

  List layers() const override { return network_->listing(); }

  NamedTensors raw(const Tensors& outputs) const override { return raw_levels(maps_of(outputs)); }

  NamedTensors predictions(const Tensors& outputs) const override {
    return {{"prediction", published_layout(models::decode(maps_of(outputs), variant_.strides))}};
  }

  Table training_details(const Tensors& outputs, const Targets& targets) const override {
    const DistributionMaps maps = maps_of(outputs);
    const Objects objects = objects_for(rule_, maps, targets);
    return {{"assignment", describe(distribution_loss(rule_, maps, targets).assignment, objects)}};
  }

  Table deploy_counts() override {
    const auto deployed = deploy();
    return {{"fused_parameters", parameter_elements(deployed->module())}};
  }

 private:
  Made make_head(const Place& at) const {
    const std::vector<int64_t> widths = widths_of(at);
    return {std::make_shared<Detect>(classes(), widths), {}, head_arguments(classes(), widths)};
  }

  YoloV8Params params_;
  YoloV8Variant variant_;
  DistributionLossRule rule_;
  std::shared_ptr<Network> network_;  // also held by Detector as its root
};

}  // namespace cairn::models

namespace {
using cairn::models::YoloV8Params;
}

CAIRN_PLUGIN(
    "cairn.yolov8", "1.0.0",
    cairn::model<cairn::models::YoloV8, YoloV8Params>("yolov8", "YOLOv8: anchor free, distributed boxes, task-aligned")
        .param("variant", &YoloV8Params::variant, cairn::one_of(cairn::models::variant_names()),
               "size and form; -p2 and -p6 add a level of stride 4 or 64; custom takes depth, width and max_channels")
        .param("depth", &YoloV8Params::depth, cairn::range(0.01, 4), "custom: repeats are multiplied by this")
        .param("width", &YoloV8Params::width, cairn::range(0.03125, 4), "custom: channels are multiplied by this")
        .param("max_channels", &YoloV8Params::max_channels, cairn::range(8, 4096),
               "custom: limit of the channels before width")
        .with(cairn::models::AddDistributionParams{})
        .param("small_object_assignment", &YoloV8Params::small_object_assignment,
               "sides shorter than the second stride count as that long when candidates are chosen")
        .preset("published", cairn::models::to_toml(cairn::models::yolov8_published()))
        .preset("current", cairn::models::to_toml(cairn::models::yolov8_current())))
