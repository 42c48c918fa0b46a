// A new family in one file: YOLOv8's layout with more channels at the fine levels, and attention where the picture is
// smallest. The network is a table of layers; one block is new, everything else is the library of models.
#include <cmath>

#include <common/blocks.h>
#include <common/distribution_head.h>
#include <common/distribution_params.h>
#include <common/initialise.h>
#include <common/network.h>
#include <common/plain_detector.h>
#include <common/recipe.h>

namespace cairn::models {

struct WideParams : DistributionParams {
  double width = 0.25, depth = 0.33;
  int64_t heads = 4;
};

// Self-attention over all positions (Vaswani et al., NeurIPS 2017), added to its input. Children qkv, out.
class SelfAttention final : public Block {
 public:
  SelfAttention(int64_t channels, int64_t heads) : heads_(heads) {
    qkv_ = add<Conv>("qkv", channels, 3 * channels, 1, 1, Activation::None);
    out_ = add<Conv>("out", channels, channels, 1, 1, Activation::None);
  }
  at::Tensor forward(const at::Tensor& x) override {
    const int64_t batch = x.size(0), channels = x.size(1), width = channels / heads_;
    const auto parts = qkv_->forward(x).reshape({batch, 3, heads_, width, -1}).unbind(1);  // [B, heads, width, HW]
    const double scale = 1 / std::sqrt(static_cast<double>(width));
    const at::Tensor weights = at::softmax(at::matmul(parts[0].transpose(2, 3), parts[1]) * scale, -1);
    const at::Tensor mixed = at::matmul(parts[2], weights.transpose(2, 3)).reshape(x.sizes());
    return x + out_->forward(mixed);
  }

 private:
  int64_t heads_;
  std::shared_ptr<Conv> qkv_, out_;
};

// A box branch and a class branch per level. Children boxes, classes.
class WideHead final : public Layer {
 public:
  WideHead(int64_t classes, const std::vector<int64_t>& widths)
      : pair_{add<Branches>("boxes"), add<Branches>("classes")} {
    for (const int64_t width : widths) {
      pair_.boxes->add(plain_branch(width, std::max(width / 2, 4 * kBins), 4 * kBins));
      pair_.classes->add(plain_branch(width, width, classes));
    }
  }
  Tensors run(std::span<const Tensors> inputs) override { return pair_.forward(features_of(inputs)); }
  const BranchPair& pair() const { return pair_; }

 private:
  BranchPair pair_;
};

// Rows {from, repeats, module, arguments}; channels before `width`.
LayerTable wide_table() {
  return {
      {{-1}, 1, "Conv", {96, 3, 2}},  {{-1}, 1, "Conv", {192, 3, 2}},  // 0, 1: strides 2, 4
      {{-1}, 3, "C2f", {192, 1}},     {{-1}, 1, "Conv", {384, 3, 2}},  // 3: stride 8
      {{-1}, 6, "C2f", {384, 1}},     {{-1}, 1, "Conv", {512, 3, 2}},  // 5: stride 16
      {{-1}, 6, "C2f", {512, 1}},     {{-1}, 1, "Conv", {768, 3, 2}},  // 7: stride 32
      {{-1}, 3, "C2f", {768, 1}},     {{-1}, 1, "SPPF", {768, 5}},     // 9
      {{-1}, 1, "SelfAttention", {}},                                  // 10
      {{-1}, 1, "Upsample", {}},      {{-1, 6}, 1, "Concat", {}},      // 12
      {{-1}, 3, "C2f", {512}},        {{-1}, 1, "Upsample", {}},       // 13
      {{-1, 4}, 1, "Concat", {}},     {{-1}, 3, "C2f", {384}},         // 16: out, stride 8
      {{-1}, 1, "Conv", {384, 3, 2}}, {{-1, 13}, 1, "Concat", {}},     //
      {{-1}, 3, "C2f", {512}},        {{-1}, 1, "Conv", {512, 3, 2}},  // 19: out, stride 16
      {{-1, 10}, 1, "Concat", {}},    {{-1}, 3, "C2f", {768}},         // 22: out, stride 32
      {{16, 19, 22}, 1, "Head", {}},
  };
}

Recipe wide_recipe() {
  Recipe recipe;
  as_in_ultralytics_8_4(recipe);
  return recipe;
}

class WideYoloV8 final : public PlainDetector {
 public:
  WideYoloV8(const WideParams& params, const Context& context)
      : PlainDetector(context), params_(params), rule_(rule_of(params, {8, 16, 32})) {
    network_ = std::make_shared<Network>(wide_table(), makers(), Scaling{params.depth, params.width});
    initialise(*network_, context.seed);
    network_->last<WideHead>().pair().set_prior(rule_.strides, params.box_bias);
    set_root(network_);
  }
  Tensors forward(const at::Tensor& images_BCHW) override { return network_->forward(images_BCHW); }
  LossTerms loss(const Tensors& outputs, const Targets& targets, const Progress&) override {
    const DistributionTerms terms = distribution_loss(rule_, maps_of(outputs), targets);
    return {terms.sum() * targets.batch,
            {{"box", terms.box.detach()}, {"cls", terms.cls.detach()}, {"dfl", terms.dfl.detach()}}};
  }
  at::Tensor decode(const Tensors& outputs) override { return models::decode(maps_of(outputs), rule_.strides); }
  std::unique_ptr<Model> deploy() override {
    auto made = std::make_unique<WideYoloV8>(params_, context());
    make_deployed(*made);
    return made;
  }

 private:
  // The library's modules, and two of our own.
  Makers makers() const {
    Makers all = standard_makers();
    all["SelfAttention"] = [heads = params_.heads](const Place& at) {
      if (at.in() % heads != 0)
        fail(Code::InvalidArgument, "heads: ", at.in(), " channels cannot be shared by ", heads, " heads");
      return Made{std::make_shared<SelfAttention>(at.in(), heads), {at.in()}, {}};
    };
    all["Head"] = [this](const Place& at) {
      return Made{std::make_shared<WideHead>(classes(), widths_of(at)), {}, {}};
    };
    return all;
  }
  WideParams params_;
  DistributionLossRule rule_;
  std::shared_ptr<Network> network_;  // also held by Detector as its root
};

}  // namespace cairn::models

using cairn::models::WideParams;

CAIRN_PLUGIN("example.wide_yolov8", "1.0.0",
             cairn::model<cairn::models::WideYoloV8, WideParams>("wide_yolov8", "YOLOv8, wider, with attention")
                 .param("width", &WideParams::width, cairn::range(0.0625, 4), "channels are multiplied by this")
                 .param("depth", &WideParams::depth, cairn::range(0.1, 4), "repeats are multiplied by this")
                 .param("heads", &WideParams::heads, cairn::range(1, 64), "of the attention; divides its channels")
                 .with(cairn::models::AddDistributionParams{})
                 .preset("published", cairn::models::to_toml(cairn::models::wide_recipe())))
