#include "yolov6/lite.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace cairn::models {

DepthwiseBlock::DepthwiseBlock(int64_t in, int64_t out, int64_t kernel, int64_t stride)
    : conv_dw_(add<Convolution>("conv_dw_1", in, out, kernel, stride, Bias::Yes, out)),
      bn_1_(add<BatchNorm>("bn_1", out)),
      conv_pw_(add<Convolution>("conv_pw_1", out, out)),
      bn_2_(add<BatchNorm>("bn_2", out)) {}

at::Tensor DepthwiseBlock::forward(const at::Tensor& x) {
  const at::Tensor y = activate(bn_1_->forward(conv_dw_->forward(x)), Activation::HardSwish);
  return activate(bn_2_->forward(conv_pw_->forward(y)), Activation::HardSwish);
}

namespace {

// Scales every channel by what its mean over the picture says. Children conv1, conv2.
class SqueezeExcite final : public Block {
 public:
  explicit SqueezeExcite(int64_t channels)
      : conv1_(add<Convolution>("conv1", channels, channels / 4)),
        conv2_(add<Convolution>("conv2", channels / 4, channels)) {}
  at::Tensor forward(const at::Tensor& x) override {
    const at::Tensor mean = x.mean({2, 3}, true);
    return x * at::hardsigmoid(conv2_->forward(at::relu(conv1_->forward(mean))));
  }

 private:
  std::shared_ptr<Convolution> conv1_, conv2_;
};

at::Tensor shuffle(const at::Tensor& x) {
  return x.unflatten(1, {2, x.size(1) / 2}).transpose(1, 2).flatten(1, 2);
}

// Half of the channels pass, the others go through a bottleneck. Children conv_pw_1, conv_dw_1, se, conv_1.
class EffiBlock1 final : public Block {
 public:
  EffiBlock1(int64_t channels, int64_t middle)
      : conv_pw_(add<ConvBlock>("conv_pw_1", channels / 2, middle, 1, 1, Activation::HardSwish)),
        conv_dw_(add<ConvBlock>("conv_dw_1", middle, middle, 3, 1, Activation::None, middle)),
        se_(add<SqueezeExcite>("se", middle)),
        conv_(add<ConvBlock>("conv_1", middle, channels / 2, 1, 1, Activation::HardSwish)) {}
  at::Tensor forward(const at::Tensor& x) override {
    const Tensors halves = x.chunk(2, 1);
    const at::Tensor y = conv_->forward(se_->forward(conv_dw_->forward(conv_pw_->forward(halves[1]))));
    return shuffle(at::cat({halves[0], y}, 1));
  }

 private:
  std::shared_ptr<ConvBlock> conv_pw_, conv_dw_;
  std::shared_ptr<SqueezeExcite> se_;
  std::shared_ptr<ConvBlock> conv_;
};

// To half the size on two paths. Children conv_dw_1, conv_1; conv_pw_2, conv_dw_2, se, conv_2; conv_dw_3, conv_pw_3.
class EffiBlock2 final : public Block {
 public:
  EffiBlock2(int64_t in, int64_t middle, int64_t out) {
    const int64_t inner = middle / 2;
    conv_dw_1_ = add<ConvBlock>("conv_dw_1", in, in, 3, 2, Activation::None, in);
    conv_1_ = add<ConvBlock>("conv_1", in, out / 2, 1, 1, Activation::HardSwish);
    conv_pw_2_ = add<ConvBlock>("conv_pw_2", in, inner, 1, 1, Activation::HardSwish);
    conv_dw_2_ = add<ConvBlock>("conv_dw_2", inner, inner, 3, 2, Activation::None, inner);
    se_ = add<SqueezeExcite>("se", inner);
    conv_2_ = add<ConvBlock>("conv_2", inner, out / 2, 1, 1, Activation::HardSwish);
    conv_dw_3_ = add<ConvBlock>("conv_dw_3", out, out, 3, 1, Activation::HardSwish, out);
    conv_pw_3_ = add<ConvBlock>("conv_pw_3", out, out, 1, 1, Activation::HardSwish);
  }
  at::Tensor forward(const at::Tensor& x) override {
    const at::Tensor first = conv_1_->forward(conv_dw_1_->forward(x));
    const at::Tensor second = conv_2_->forward(se_->forward(conv_dw_2_->forward(conv_pw_2_->forward(x))));
    return conv_pw_3_->forward(conv_dw_3_->forward(at::cat({first, second}, 1)));
  }

 private:
  std::shared_ptr<ConvBlock> conv_dw_1_, conv_1_, conv_pw_2_, conv_dw_2_;
  std::shared_ptr<SqueezeExcite> se_;
  std::shared_ptr<ConvBlock> conv_2_, conv_dw_3_, conv_pw_3_;
};

// Children conv_1, conv_2.
class DarknetBlock final : public Block {
 public:
  explicit DarknetBlock(int64_t channels)
      : conv_1_(add<ConvBlock>("conv_1", channels, channels, 1, 1, Activation::HardSwish)),
        conv_2_(add<DepthwiseBlock>("conv_2", channels, channels)) {}
  at::Tensor forward(const at::Tensor& x) override { return conv_2_->forward(conv_1_->forward(x)); }

 private:
  std::shared_ptr<ConvBlock> conv_1_;
  std::shared_ptr<DepthwiseBlock> conv_2_;
};

// conv_3 over [blocks of conv_1, conv_2]. Children conv_1, conv_2, conv_3, blocks.
class CspBlock final : public Block {
 public:
  CspBlock(int64_t in, int64_t out)
      : conv_1_(add<ConvBlock>("conv_1", in, out / 2, 1, 1, Activation::HardSwish)),
        conv_2_(add<ConvBlock>("conv_2", in, out / 2, 1, 1, Activation::HardSwish)),
        conv_3_(add<ConvBlock>("conv_3", out / 2 * 2, out, 1, 1, Activation::HardSwish)),
        blocks_(add<DarknetBlock>("blocks", out / 2)) {}
  at::Tensor forward(const at::Tensor& x) override {
    const at::Tensor inner = blocks_->forward(conv_1_->forward(x));
    return conv_3_->forward(at::cat({inner, conv_2_->forward(x)}, 1));
  }

 private:
  std::shared_ptr<ConvBlock> conv_1_, conv_2_, conv_3_;
  std::shared_ptr<DarknetBlock> blocks_;
};

Made make_effi_blocks(const Place& at) {
  const int64_t middle = at.args.at(0), out = at.args.at(1);
  std::vector<std::shared_ptr<Block>> blocks{std::make_shared<EffiBlock2>(at.in(), middle, out)};
  for (int64_t j = 1; j < at.repeats; ++j) blocks.push_back(std::make_shared<EffiBlock1>(out, middle));
  return listed(std::make_shared<Chain>(std::move(blocks)), "Sequential", at.in(), out);
}

struct Lite {
  const char* name;
  double width;
};
constexpr Lite kLites[] = {{"lite-s", 0.7}, {"lite-m", 1.1}, {"lite-l", 1.5}};

// To a multiple of `divisor`, but no tenth below.
int64_t rounded(double value, int64_t divisor) {
  const int64_t near = static_cast<int64_t>(value + static_cast<double>(divisor) / 2) / divisor * divisor;
  const int64_t result = std::max(divisor, near);
  return static_cast<double>(result) < 0.9 * value ? result + divisor : result;
}

constexpr int64_t kStem = 24, kNeck = 96;

// The outputs of strides 8, 16, 32.
std::vector<std::string> add_lite_backbone(PathTable& table, double width) {
  constexpr int64_t kWidths[] = {32, 64, 128, 256}, kRepeats[] = {1, 3, 7, 3};
  std::string last = table.add("backbone.conv_0", {PathTable::kImage}, "ConvHS", {kStem, 3, 2});
  std::vector<std::string> outputs;
  for (size_t i = 0; i < 4; ++i) {
    const int64_t out = rounded(static_cast<double>(kWidths[i]) * width, 16), half = out / 2;
    const std::string path = "backbone.lite_effiblock_" + std::to_string(i + 1);
    last = table.add(path, {last}, "EffiBlock", {rounded(static_cast<double>(half), 8), out}, kRepeats[i]);
    if (i > 0) outputs.push_back(last);
  }
  return outputs;
}

std::vector<std::string> add_lite_neck(PathTable& table, const std::vector<std::string>& x) {
  const auto f0 = table.add("neck.reduce_layer0", {x[2]}, "ConvHS", {kNeck});
  const auto f1 = table.add("neck.reduce_layer1", {x[1]}, "ConvHS", {kNeck});
  const auto f2 = table.add("neck.reduce_layer2", {x[0]}, "ConvHS", {kNeck});
  const auto t4 = table.add("neck.Csp_p4", {table.join({table.join({f0}, "Upsample"), f1})}, "Csp", {kNeck});
  const auto o3 = table.add("neck.Csp_p3", {table.join({table.join({t4}, "Upsample"), f2})}, "Csp", {kNeck});
  const auto d3 = table.add("neck.downsample2", {o3}, "Depthwise", {kNeck, 2});
  const auto o2 = table.add("neck.Csp_n3", {table.join({d3, t4})}, "Csp", {kNeck});
  const auto d2 = table.add("neck.downsample1", {o2}, "Depthwise", {kNeck, 2});
  const auto o1 = table.add("neck.Csp_n4", {table.join({d2, f0})}, "Csp", {kNeck});
  const auto a = table.add("neck.p6_conv_1", {f0}, "Depthwise", {kNeck, 2});
  const auto b = table.add("neck.p6_conv_2", {o1}, "Depthwise", {kNeck, 2});
  return {o3, o2, o1, table.join({a, b}, "Sum")};
}

}  // namespace

std::vector<std::string> yolov6_lite_names() {
  std::vector<std::string> names;
  for (const Lite& lite : kLites) names.emplace_back(lite.name);
  return names;
}

YoloV6Variant yolov6_lite(const std::string& name) {
  const auto* lite = std::find_if(std::begin(kLites), std::end(kLites), [&](const Lite& l) { return l.name == name; });
  if (lite == std::end(kLites)) fail(Code::InvalidArgument, "YOLOv6 has no variant '", name, "'");
  PathTable table;
  const std::vector<std::string> features = add_lite_backbone(table, lite->width);
  table.add("detect", add_lite_neck(table, features), "Detect");
  YoloV6Variant variant;
  variant.table = table.take();
  variant.lite = true;
  variant.overlap = Overlap::Siou;
  variant.atss_epochs = 4;
  variant.strides = {8, 16, 32, 64};
  return variant;
}

void add_lite_makers(Makers& makers) {
  makers["ConvHS"] = [](const Place& at) {
    const int64_t out = at.args.at(0);
    auto conv = std::make_shared<ConvBlock>(at.in(), out, at.arg(1, 1), at.arg(2, 1), Activation::HardSwish);
    return listed(std::move(conv), "ConvBNHS", at.in(), out);
  };
  makers["EffiBlock"] = make_effi_blocks;
  makers["Depthwise"] = [](const Place& at) {
    const int64_t out = at.args.at(0);
    return listed(std::make_shared<DepthwiseBlock>(at.in(), out, 5, at.arg(1, 1)), "DPBlock", at.in(), out);
  };
  makers["Csp"] = [](const Place& at) {
    return listed(std::make_shared<CspBlock>(at.in(), at.args.at(0)), "CSPBlock", at.in(), at.args.at(0));
  };
  makers["Sum"] = [](const Place& at) { return Made{std::make_shared<Sum>(), {at.in()}, {}}; };
}

}  // namespace cairn::models
