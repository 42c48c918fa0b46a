// YOLOv10 (Wang, Chen, Liu et al., 2024): two heads in training, one answer per object and no NMS in inference.
#include <algorithm>

#include <ATen/ATen.h>

#include "common/detector.h"
#include "common/distribution_params.h"
#include "common/initialise.h"
#include "common/network.h"
#include "yolov10/blocks.h"
#include "yolov10/detect_twice.h"
#include "yolov10/presets.h"
#include "yolov10/variants.h"

namespace cairn::models {

struct YoloV10Params : DistributionParams {
  std::string variant = "n";
  int64_t one2one_topk = 1, one2one_limit = 0;
  bool small_object_assignment = false;
  std::vector<double> weights_at_start{1, 1}, weights_at_end{1, 1};
};

class YoloV10 final : public Detector {
 public:
  YoloV10(const YoloV10Params& params, const Context& context, Heads heads = Heads::Both)
      : Detector(context), params_(params), heads_(heads) {
    if (params.weights_at_start.size() != 2 || params.weights_at_end.size() != 2) {
      fail(Code::InvalidArgument, "yolov10: weights_at_start and weights_at_end are two numbers, one-to-many first");
    }
    const YoloV10Variant variant = yolov10_variant(params.variant);
    Makers makers = yolov10_makers();
    makers["v10Detect"] = [this](const Place& at) { return make_head(at); };
    network_ = std::make_shared<Network>(variant.table, makers, variant.scaling);
    set_root(network_);
    initialise(*network_, context.seed);
    network_->last<DetectTwice>().set_prior(kStrides, params.box_bias);
    one_to_many_ = rule_of(params, kStrides);
    if (params.small_object_assignment) one_to_many_.assigner.min_side = kStrides[1];
    one_to_one_ = one_to_many_;
    one_to_one_.assigner.topk = params.one2one_topk;
    one_to_one_.assigner.limit = params.one2one_limit;
  }

  Tensors forward(const at::Tensor& images_BCHW) override { return network_->forward(images_BCHW); }

  LossTerms loss(const Tensors& outputs, const Targets& targets, const Progress& at) override {
    const DistributionTerms many = distribution_loss(one_to_many_, maps_of(outputs, 0, 2), targets);
    const DistributionTerms one = distribution_loss(one_to_one_, maps_of(outputs, 1, 2), targets);
    const at::Tensor sum = many.sum() * weight(0, at) + one.sum() * weight(1, at);
    return {sum * static_cast<double>(targets.batch),
            {{"one2many_box", many.box.detach()},
             {"one2many_cls", many.cls.detach()},
             {"one2many_dfl", many.dfl.detach()},
             {"one2one_box", one.box.detach()},
             {"one2one_cls", one.cls.detach()},
             {"one2one_dfl", one.dfl.detach()}}};
  }

  at::Tensor decode(const Tensors& outputs) override { return models::decode(one_to_one_maps(outputs), kStrides); }

  bool needs_nms() const override { return false; }

  std::unique_ptr<Model> deploy() override {
    auto made = one_to_one_alone();
    made->become_deployed();
    return made;
  }

  List layers() const override { return network_->listing(); }

  NamedTensors raw(const Tensors& outputs) const override {
    NamedTensors named = raw_levels(maps_of(outputs, 0, 2), "one2many/");
    const NamedTensors one = raw_levels(maps_of(outputs, 1, 2), "one2one/");
    named.insert(named.end(), one.begin(), one.end());
    return named;
  }

  NamedTensors predictions(const Tensors& outputs) const override {
    const at::Tensor decoded = models::decode(one_to_one_maps(outputs), kStrides);
    NamedTensors named{{"prediction", published_layout(decoded)}, {"top300", best_rows(decoded, 300)}};
    if (heads_ == Heads::Both) {
      named.emplace_back("one2many", published_layout(models::decode(maps_of(outputs, 0, 2), kStrides)));
    }
    return named;
  }

  Table training_details(const Tensors& outputs, const Targets& targets) const override {
    const DistributionMaps many = maps_of(outputs, 0, 2), one = maps_of(outputs, 1, 2);
    const Objects objects = objects_for(one_to_many_, many, targets);
    Table assignment;
    assignment["one2many"] = describe(distribution_loss(one_to_many_, many, targets).assignment, objects);
    assignment["one2one"] = describe(distribution_loss(one_to_one_, one, targets).assignment, objects);
    return {{"assignment", std::move(assignment)}};
  }

  Table deploy_counts() override {
    const auto alone = one_to_one_alone();
    const int64_t unfused = parameter_elements(*alone->network_);
    alone->become_deployed();
    return {{"parameters", unfused}, {"fused_parameters", parameter_elements(*alone->network_)}};
  }

 private:
  inline static const std::vector<double> kStrides{8, 16, 32};

  Made make_head(const Place& at) const {
    const std::vector<int64_t> widths = widths_of(at);
    return {std::make_shared<DetectTwice>(classes(), widths, heads_), {}, head_arguments(classes(), widths)};
  }

  // On a line over the run's epochs, the same within one epoch.
  double weight(size_t branch, const Progress& at) const {
    const double last = std::max<double>(static_cast<double>(at.plan.epochs) - 1, 1);
    const double done = std::min(static_cast<double>(at.epoch) / last, 1.0);
    return params_.weights_at_start[branch] +
           done * (params_.weights_at_end[branch] - params_.weights_at_start[branch]);
  }

  DistributionMaps one_to_one_maps(const Tensors& outputs) const {
    return heads_ == Heads::Both ? maps_of(outputs, 1, 2) : maps_of(outputs);
  }

  // [B, A, 4 + classes] -> [B, n, 6], corners, score and class: the n boxes of highest best score, then the n best of
  // their scores.
  static at::Tensor best_rows(const at::Tensor& decoded, int64_t limit) {
    const int64_t classes = decoded.size(2) - 4, count = std::min(limit, decoded.size(1));
    const at::Tensor best = std::get<1>(std::get<0>(decoded.slice(2, 4).max(2)).topk(count, 1));
    const at::Tensor rows = decoded.gather(1, best.unsqueeze(2).expand({-1, -1, decoded.size(2)}));
    const auto [scores, index] = rows.slice(2, 4).flatten(1).topk(count, 1);
    const at::Tensor row = at::floor_divide(index, classes).unsqueeze(2);
    const at::Tensor label = at::remainder(index, classes).unsqueeze(2).to(decoded.scalar_type());
    return at::cat({rows.slice(2, 0, 4).gather(1, row.expand({-1, -1, 4})), scores.unsqueeze(2), label}, 2);
  }

  // The same weights without the one-to-many branches.
  std::unique_ptr<YoloV10> one_to_one_alone() const {
    auto made = std::make_unique<YoloV10>(params_, context(), Heads::OneToOne);
    copy_state(*network_, *made->network_, [](const std::string& name) { return name; });
    return made;
  }

  YoloV10Params params_;
  Heads heads_;
  DistributionLossRule one_to_many_, one_to_one_;
  std::shared_ptr<Network> network_;  // also held by Detector as its root
};

}  // namespace cairn::models

namespace {
using cairn::models::YoloV10Params;
}

CAIRN_PLUGIN("cairn.yolov10", "1.0.0",
             cairn::model<cairn::models::YoloV10, YoloV10Params>("yolov10",
                                                                 "YOLOv10: two heads in training, no NMS in inference")
                 .param("variant", &YoloV10Params::variant, cairn::one_of(cairn::models::yolov10_variant_names()),
                        "size")
                 .with(cairn::models::AddDistributionParams{})
                 .param("one2one_topk", &YoloV10Params::one2one_topk, cairn::range(1, 100),
                        "anchors that an object may keep in the one-to-one head")
                 .param("one2one_limit", &YoloV10Params::one2one_limit, cairn::range(0, 100),
                        "anchors that an object has there in the end, once contests are decided; 0: all that it won")
                 .param("small_object_assignment", &YoloV10Params::small_object_assignment,
                        "sides shorter than the second stride count as that long when candidates are chosen")
                 .param("weights_at_start", &YoloV10Params::weights_at_start, cairn::at_least(0),
                        "weights of the one-to-many and the one-to-one loss in the first epoch")
                 .param("weights_at_end", &YoloV10Params::weights_at_end, cairn::at_least(0),
                        "the same in the last epoch; on a line in between")
                 .preset("published", cairn::models::to_toml(cairn::models::yolov10_published()))
                 .preset("current", cairn::models::to_toml(cairn::models::yolov10_current())))
