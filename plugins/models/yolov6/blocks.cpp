#include "yolov6/blocks.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "common/rep_vgg.h"
#include "common/transposed.h"

namespace cairn::models {

ConvBlock::ConvBlock(int64_t in, int64_t out, int64_t kernel, int64_t stride, Activation activation, int64_t groups)
    : block_(add<Conv>("block", in, out, kernel, stride, activation, groups)) {}

std::shared_ptr<Block> basic_block(Basic basic, int64_t in, int64_t out, int64_t stride) {
  if (basic == Basic::RepVgg) return std::make_shared<RepVgg>(in, out, stride);
  return std::make_shared<ConvBlock>(in, out, 3, stride, activation_beside(basic));
}

Activation activation_beside(Basic basic) {
  return basic == Basic::SiLU ? Activation::SiLU : Activation::ReLU;
}

BottleRep::BottleRep(Basic basic, int64_t channels, int64_t length)
    : alpha_(register_parameter("alpha", at::ones({1}))) {
  for (int64_t i = 1; i <= length; ++i) {
    blocks_.push_back(register_module("conv" + std::to_string(i), basic_block(basic, channels, channels)));
  }
}

at::Tensor BottleRep::forward(const at::Tensor& x) {
  at::Tensor y = x;
  for (const auto& block : blocks_) y = block->forward(y);
  return y + alpha_ * x;
}

RepBlock::RepBlock(std::shared_ptr<Block> first, std::vector<std::shared_ptr<Block>> others)
    : conv1_(register_module("conv1", std::move(first))) {
  if (!others.empty()) block_ = register_module("block", std::make_shared<Chain>(std::move(others)));
}

at::Tensor RepBlock::forward(const at::Tensor& x) {
  at::Tensor y = conv1_->forward(x);
  return block_ ? block_->forward(y) : y;
}

std::shared_ptr<RepBlock> rep_block(Basic basic, int64_t in, int64_t out, int64_t repeats) {
  std::vector<std::shared_ptr<Block>> others;
  for (int64_t j = 1; j < repeats; ++j) others.push_back(basic_block(basic, out, out));
  return std::make_shared<RepBlock>(basic_block(basic, in, out), std::move(others));
}

namespace {

int64_t scaled(int64_t channels, double expansion) {
  return static_cast<int64_t>(static_cast<double>(channels) * expansion);
}

std::shared_ptr<RepBlock> bottle_reps(Basic basic, int64_t channels, int64_t count) {
  std::vector<std::shared_ptr<Block>> others;
  for (int64_t j = 1; j < count; ++j) others.push_back(std::make_shared<BottleRep>(basic, channels, 2));
  return std::make_shared<RepBlock>(std::make_shared<BottleRep>(basic, channels, 2), std::move(others));
}

}  // namespace

BepC3::BepC3(Basic basic, int64_t in, int64_t out, int64_t repeats, double expansion) {
  const int64_t hidden = scaled(out, expansion);
  const Activation activation = activation_beside(basic);
  cv1_ = add<ConvBlock>("cv1", in, hidden, 1, 1, activation);
  cv2_ = add<ConvBlock>("cv2", in, hidden, 1, 1, activation);
  cv3_ = add<ConvBlock>("cv3", 2 * hidden, out, 1, 1, activation);
  m_ = register_module("m", bottle_reps(basic, hidden, std::max<int64_t>(repeats / 2, 1)));
}

at::Tensor BepC3::forward(const at::Tensor& x) {
  const at::Tensor inner = m_->forward(cv1_->forward(x));
  return cv3_->forward(at::cat({inner, cv2_->forward(x)}, 1));
}

namespace {

// The middle one is the largest power of two below `longest`.
std::vector<int64_t> branch_lengths(int64_t longest) {
  if (longest == 1) return {0, 1};
  int64_t middle = 1;
  while (2 * middle < longest) middle *= 2;
  return {0, middle, longest};
}

}  // namespace

MblaBlock::MblaBlock(Basic basic, int64_t in, int64_t out, int64_t repeats, double expansion) {
  const int64_t hidden = scaled(out, expansion);
  const Activation activation = activation_beside(basic);
  const std::vector<int64_t> lengths = branch_lengths(std::max<int64_t>(repeats / 2, 1));
  const auto branches = static_cast<int64_t>(lengths.size());
  int64_t parts = branches;
  for (const int64_t length : lengths) parts += length;
  cv1_ = add<Conv>("cv1", in, branches * hidden, 1, 1, activation);
  cv2_ = add<Conv>("cv2", parts * hidden, out, 1, 1, activation);
  m_ = add<Branches>("m");
  for (const int64_t length : lengths) {
    std::vector<std::shared_ptr<Block>> chain;
    for (int64_t j = 0; j < length; ++j) chain.push_back(std::make_shared<BottleRep>(basic, hidden, 3));
    m_->add(std::move(chain));
  }
}

at::Tensor MblaBlock::forward(const at::Tensor& x) {
  const Tensors split = cv1_->forward(x).chunk(static_cast<int64_t>(m_->size()), 1);
  Tensors parts;
  for (size_t branch = 0; branch < split.size(); ++branch) {
    parts.push_back(split[branch]);
    Chain& chain = (*m_)[branch];
    for (size_t j = 0; j < chain.size(); ++j) parts.push_back(chain[j].forward(parts.back()));
  }
  return cv2_->forward(at::cat(parts, 1));
}

namespace {

// x, then each of three max pools 5x5 in a row.
at::Tensor pyramid(const at::Tensor& x) {
  Tensors parts{x};
  for (int pool = 0; pool < 3; ++pool) parts.push_back(at::max_pool2d(parts.back(), {5, 5}, {1, 1}, {2, 2}));
  return at::cat(parts, 1);
}

class PlainPooling final : public Block {
 public:
  PlainPooling(int64_t channels, Activation activation)
      : cv1_(add<ConvBlock>("cv1", channels, channels / 2, 1, 1, activation)),
        cv2_(add<ConvBlock>("cv2", channels / 2 * 4, channels, 1, 1, activation)) {}
  at::Tensor forward(const at::Tensor& x) override { return cv2_->forward(pyramid(cv1_->forward(x))); }

 private:
  std::shared_ptr<ConvBlock> cv1_, cv2_;
};

class CspPooling final : public Block {
 public:
  CspPooling(int64_t channels, Activation activation) {
    const int64_t half = channels / 2;
    cv1_ = add<ConvBlock>("cv1", channels, half, 1, 1, activation);
    cv2_ = add<ConvBlock>("cv2", channels, half, 1, 1, activation);
    cv3_ = add<ConvBlock>("cv3", half, half, 3, 1, activation);
    cv4_ = add<ConvBlock>("cv4", half, half, 1, 1, activation);
    cv5_ = add<ConvBlock>("cv5", 4 * half, half, 1, 1, activation);
    cv6_ = add<ConvBlock>("cv6", half, half, 3, 1, activation);
    cv7_ = add<ConvBlock>("cv7", 2 * half, channels, 1, 1, activation);
  }
  at::Tensor forward(const at::Tensor& x) override {
    const at::Tensor pooled = pyramid(cv4_->forward(cv3_->forward(cv1_->forward(x))));
    return cv7_->forward(at::cat({cv2_->forward(x), cv6_->forward(cv5_->forward(pooled))}, 1));
  }

 private:
  std::shared_ptr<ConvBlock> cv1_, cv2_, cv3_, cv4_, cv5_, cv6_, cv7_;
};

}  // namespace

PoolingBlock::PoolingBlock(Form form, int64_t channels, Activation activation) {
  if (form == Form::Csp) {
    inner_ = add<CspPooling>("cspsppf", channels, activation);
  } else {
    inner_ = add<PlainPooling>("sppf", channels, activation);
  }
}

class BiFusion::Upsampling final : public Block {
 public:
  explicit Upsampling(int64_t channels)
      : transpose_(add<TransposedConvolution>("upsample_transpose", channels, channels)) {}
  at::Tensor forward(const at::Tensor& x) override { return transpose_->forward(x); }

 private:
  std::shared_ptr<TransposedConvolution> transpose_;
};

BiFusion::BiFusion(int64_t middle, int64_t shallower, int64_t out)
    : cv1_(add<ConvBlock>("cv1", middle, out, 1, 1, Activation::ReLU)),
      cv2_(add<ConvBlock>("cv2", shallower, out, 1, 1, Activation::ReLU)),
      cv3_(add<ConvBlock>("cv3", 3 * out, out, 1, 1, Activation::ReLU)),
      upsample_(add<Upsampling>("upsample", out)),
      downsample_(add<ConvBlock>("downsample", out, out, 3, 2, Activation::ReLU)) {}

Tensors BiFusion::run(std::span<const Tensors> inputs) {
  const at::Tensor deeper = upsample_->forward(inputs[0][0]), middle = cv1_->forward(inputs[1][0]);
  const at::Tensor shallower = downsample_->forward(cv2_->forward(inputs[2][0]));
  return {cv3_->forward(at::cat({deeper, middle, shallower}, 1))};
}

Made listed(std::shared_ptr<Layer> layer, std::string name, Value in, int64_t out) {
  return {std::move(layer), {out}, list_of(std::move(name), std::move(in), out)};
}

namespace {

Made make_stage(const BlockRule& rule, const Place& at) {
  const int64_t out = at.args.at(0);
  switch (rule.stage) {
    case BlockRule::Stage::RepBlock:
      return listed(rep_block(rule.basic, at.in(), out, at.repeats), "RepBlock", at.in(), out);
    case BlockRule::Stage::BepC3:
      return listed(std::make_shared<BepC3>(rule.basic, at.in(), out, at.repeats, rule.expansion), "BepC3", at.in(),
                    out);
    case BlockRule::Stage::Mbla:
      break;
  }
  return listed(std::make_shared<MblaBlock>(rule.basic, at.in(), out, at.repeats, rule.expansion), "MBLABlock", at.in(),
                out);
}

Made make_basic(Basic basic, const Place& at) {
  const char* name = basic == Basic::RepVgg ? "RepVGGBlock" : basic == Basic::SiLU ? "ConvBNSiLU" : "ConvBNReLU";
  const int64_t out = at.args.at(0);
  return listed(basic_block(basic, at.in(), out, at.arg(1, 1)), name, at.in(), out);
}

Made make_pooling(const BlockRule& rule, const Place& at) {
  const bool csp = rule.pooling == PoolingBlock::Form::Csp, silu = rule.basic == Basic::SiLU;
  auto block = std::make_shared<PoolingBlock>(rule.pooling, at.in(), activation_beside(rule.basic));
  return listed(std::move(block), std::string(silu ? "" : "Sim") + (csp ? "CSPSPPF" : "SPPF"), at.in(), at.in());
}

Made make_conv_relu(const Place& at) {
  const int64_t out = at.args.at(0);
  auto conv = std::make_shared<ConvBlock>(at.in(), out, at.arg(1, 1), at.arg(2, 1), Activation::ReLU);
  return listed(std::move(conv), "ConvBNReLU", at.in(), out);
}

Made make_bifusion(const Place& at) {
  const int64_t deeper = at.inputs[0][0], middle = at.inputs[1][0], shallower = at.inputs[2][0], out = at.args.at(0);
  return listed(std::make_shared<BiFusion>(middle, shallower, out), "BiFusion", list_of(deeper, middle, shallower),
                out);
}

}  // namespace

Makers yolov6_makers(const BlockRule& rule) {
  Makers makers = standard_makers();
  makers["Basic"] = [rule](const Place& at) { return make_basic(rule.basic, at); };
  makers["Stage"] = [rule](const Place& at) { return make_stage(rule, at); };
  makers["Pooling"] = [rule](const Place& at) { return make_pooling(rule, at); };
  makers["ConvReLU"] = make_conv_relu;
  makers["BiFusion"] = make_bifusion;
  return makers;
}

}  // namespace cairn::models
