// YOLOv9 (Wang, Yeh, Liao, 2024): GELAN trunk, auxiliary reversible branch in training, task-aligned assignment.
#include <ATen/ATen.h>

#include "common/detector.h"
#include "common/distribution_params.h"
#include "common/initialise.h"
#include "common/network.h"
#include "common/rep_conv.h"
#include "yolov9/blocks.h"
#include "yolov9/ddetect.h"
#include "yolov9/presets.h"
#include "yolov9/variants.h"

namespace cairn::models {

struct YoloV9Params : DistributionParams {
  std::string variant = "t";
  double auxiliary_gain = 0.25;
};

class YoloV9 final : public Detector {
 public:
  YoloV9(const YoloV9Params& params, const Context& context) : Detector(context), params_(params) {
    const YoloV9Variant variant = yolov9_variant(params.variant);
    auxiliary_ = variant.auxiliary;
    Makers makers = yolov9_makers(classes());
    makers["DDetect"] = [this](const Place& at) { return make_head<DDetect>(at); };
    makers["DualDDetect"] = [this](const Place& at) { return make_head<DualDDetect>(at); };
    network_ = std::make_shared<Network>(variant.table, makers, Scaling{});
    set_root(network_);
    initialise(*network_, context.seed);
    if (auxiliary_) {
      network_->last<DualDDetect>().set_prior(kStrides, params.box_bias);
    } else {
      network_->last<DDetect>().set_prior(kStrides, params.box_bias);
    }
    rule_ = rule_of(params, kStrides);
    rule_.assigner.contenders = Contenders::All;
  }

  Tensors forward(const at::Tensor& images_BCHW) override { return network_->forward(images_BCHW); }

  LossTerms loss(const Tensors& outputs, const Targets& targets, const Progress&) override {
    DistributionTerms terms = distribution_loss(rule_, main_maps(outputs), targets);
    if (auxiliary_) {
      const DistributionTerms auxiliary = distribution_loss(rule_, auxiliary_maps(outputs), targets);
      terms.box = terms.box + params_.auxiliary_gain * auxiliary.box;
      terms.cls = terms.cls + params_.auxiliary_gain * auxiliary.cls;
      terms.dfl = terms.dfl + params_.auxiliary_gain * auxiliary.dfl;
    }
    return {terms.sum() * static_cast<double>(targets.batch),
            {{"box", terms.box.detach()}, {"cls", terms.cls.detach()}, {"dfl", terms.dfl.detach()}}};
  }

  at::Tensor decode(const Tensors& outputs) override { return models::decode(main_maps(outputs), kStrides); }

  // The main branch alone.
  std::unique_ptr<Model> deploy() override {
    auto made = main_branch();
    made->become_deployed();
    return made;
  }

  List layers() const override { return network_->listing(); }

  NamedTensors raw(const Tensors& outputs) const override {
    if (!auxiliary_) return raw_levels(main_maps(outputs));
    NamedTensors named = raw_levels(auxiliary_maps(outputs), "aux/");
    const NamedTensors main = raw_levels(main_maps(outputs), "main/");
    named.insert(named.end(), main.begin(), main.end());
    return named;
  }

  NamedTensors predictions(const Tensors& outputs) const override {
    NamedTensors named{{"prediction", published_layout(models::decode(main_maps(outputs), kStrides))}};
    if (auxiliary_) named.emplace_back("aux", published_layout(models::decode(auxiliary_maps(outputs), kStrides)));
    return named;
  }

  Table training_details(const Tensors& outputs, const Targets& targets) const override {
    const Objects objects = objects_for(rule_, main_maps(outputs), targets);
    const DistributionTerms main = distribution_loss(rule_, main_maps(outputs), targets);
    if (!auxiliary_) return {{"assignment", describe(main.assignment, objects)}};
    const DistributionTerms auxiliary = distribution_loss(rule_, auxiliary_maps(outputs), targets);
    return {{"assignment",
             Table{{"aux", describe(auxiliary.assignment, objects)}, {"main", describe(main.assignment, objects)}}},
            {"loss_aux", numbers(auxiliary)},
            {"loss_main", numbers(main)}};
  }

  Table deploy_counts() override {
    Table counts;
    const auto main = main_branch();
    if (auxiliary_) count(*main, "converted_", counts);
    for (const auto& module : main->network_->modules()) {
      if (auto* pair = dynamic_cast<RepPair*>(module.get())) merge_all(*pair);
    }
    count(*main, "rep_fused_", counts);
    merge_all(*main->network_);
    count(*main, "", counts);
    return counts;
  }

 private:
  inline static const std::vector<double> kStrides{8, 16, 32};

  template <class Head>
  Made make_head(const Place& at) const {
    const std::vector<int64_t> widths = widths_of(at);
    return {std::make_shared<Head>(classes(), widths), {}, head_arguments(classes(), widths)};
  }

  DistributionMaps main_maps(const Tensors& outputs) const {
    return auxiliary_ ? maps_of(outputs, 1, 2) : maps_of(outputs);
  }
  static DistributionMaps auxiliary_maps(const Tensors& outputs) { return maps_of(outputs, 0, 2); }

  static Table numbers(const DistributionTerms& terms) {
    return {{"box", terms.box.item<double>()}, {"cls", terms.cls.item<double>()}, {"dfl", terms.dfl.item<double>()}};
  }

  static void count(const YoloV9& model, const std::string& prefix, Table& into) {
    into[prefix + "parameters"] = parameter_elements(*model.network_);
    into[prefix + "state_entries"] = state_entry_count(*model.network_);
  }

  // A model of the main branch's variant with this one's weights.
  std::unique_ptr<YoloV9> main_branch() const {
    YoloV9Params params = params_;
    params.variant = main_branch_of(params_.variant);
    auto made = std::make_unique<YoloV9>(params, context());
    copy_state(*network_, *made->network_, names_behind_main_branch(params_.variant));
    return made;
  }

  YoloV9Params params_;
  bool auxiliary_ = false;
  DistributionLossRule rule_;
  std::shared_ptr<Network> network_;  // also held by Detector as its root
};

}  // namespace cairn::models

namespace {
using cairn::models::YoloV9Params;
}

CAIRN_PLUGIN("cairn.yolov9", "1.0.0",
             cairn::model<cairn::models::YoloV9, YoloV9Params>(
                 "yolov9", "YOLOv9: GELAN with an auxiliary branch for training, task-aligned")
                 .param("variant", &YoloV9Params::variant, cairn::one_of(cairn::models::yolov9_variant_names()),
                        "size; gelan- trains the main branch alone")
                 .with(cairn::models::AddDistributionParams{})
                 .param("auxiliary_gain", &YoloV9Params::auxiliary_gain, cairn::at_least(0), cairn::sweepable,
                        "weight of the auxiliary branch's loss beside the main branch's")
                 .preset("published", cairn::models::to_toml(cairn::models::yolov9_published()))
                 .preset("current", cairn::models::to_toml(cairn::models::yolov9_current())))
