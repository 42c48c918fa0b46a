// A small detector with three levels: a table of layers, a head of its own, a loss of the library of models.
#include <common/plain_detector.h>
#include <common/distribution_head.h>
#include <common/distribution_params.h>
#include <common/initialise.h>
#include <common/network.h>

namespace cairn::models {

struct Params : DistributionParams {
  double width = 0.125;
};
struct Head final : Layer {
  Head(int64_t classes, const std::vector<int64_t>& widths) : pair{add<Branches>("boxes"), add<Branches>("classes")} {
    for (const int64_t width : widths) {
      pair.boxes->add(plain_branch(width, width, 4 * kBins));
      pair.classes->add(plain_branch(width, width, classes));
    }
  }
  Tensors run(std::span<const Tensors> inputs) override { return pair.forward(features_of(inputs)); }
  BranchPair pair;
};

class @Name@ final : public PlainDetector {
 public:
  @Name@(const Params& params, const Context& context) : PlainDetector(context), rule_(rule_of(params, {8, 16, 32})) {
    const LayerTable table = {{{-1}, 1, "Conv", {64, 3, 4}},  {{-1}, 1, "Conv", {128, 3, 2}}, {{-1}, 1, "C2f", {128, 1}},
                              {{-1}, 1, "Conv", {256, 3, 2}}, {{-1}, 1, "C2f", {256, 1}},     {{-1}, 1, "Conv", {512, 3, 2}},
                              {{-1}, 1, "SPPF", {512, 5}},    {{2, 4, 6}, 1, "Head", {}}};
    Makers makers = standard_makers();
    makers["Head"] = [this](const Place& at) { return Made{std::make_shared<Head>(classes(), widths_of(at)), {}, {}}; };
    network_ = std::make_shared<Network>(table, makers, Scaling{1, params.width});
    initialise(*network_, context.seed);
    network_->last<Head>().pair.set_prior(rule_.strides, params.box_bias);
    set_root(network_);
  }
  Tensors forward(const at::Tensor& images_BCHW) override { return network_->forward(images_BCHW); }
  LossTerms loss(const Tensors& outputs, const Targets& targets, const Progress&) override {
    const DistributionTerms terms = distribution_loss(rule_, maps_of(outputs), targets);
    return {terms.sum() * targets.batch, {{"box", terms.box.detach()}, {"cls", terms.cls.detach()}}};
  }
  at::Tensor decode(const Tensors& outputs) override { return models::decode(maps_of(outputs), rule_.strides); }

 private:
  DistributionLossRule rule_;
  std::shared_ptr<Network> network_;  // also held by Detector as its root
};
}  // namespace cairn::models
CAIRN_PLUGIN("example.@name@", "1.0.0", cairn::model<cairn::models::@Name@, cairn::models::Params>("@name@", "a small detector")
        .param("width", &cairn::models::Params::width, cairn::range(0.0625, 4), "channels are multiplied by this"))
