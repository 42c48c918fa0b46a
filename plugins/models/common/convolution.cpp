#include "common/convolution.h"

#include <ATen/ATen.h>

namespace cairn::models {

at::Tensor activate(at::Tensor x, Activation activation) {
  const bool in_place = !at::GradMode::is_enabled();
  switch (activation) {
    case Activation::None:
      return x;
    case Activation::SiLU:
      return in_place ? at::silu_(x) : at::silu(x);
    case Activation::ReLU:
      return in_place ? at::relu_(x) : at::relu(x);
    case Activation::LeakyReLU:
      return in_place ? at::leaky_relu_(x, 0.1) : at::leaky_relu(x, 0.1);
    case Activation::HardSwish:
      return in_place ? at::hardswish_(x) : at::hardswish(x);
  }
  return x;
}

Convolution::Convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride, Bias with_bias, int64_t groups,
                         int64_t padding)
    : stride_(stride), groups_(groups), padding_(padding == kSamePadding ? kernel / 2 : padding) {
  weight = register_parameter("weight", at::zeros({out, in / groups, kernel, kernel}));
  if (with_bias == Bias::Yes) bias = register_parameter("bias", at::zeros({out}));
}

namespace {

// oneDNN (3.x, CPU, channels last) writes beyond its memory in the weight gradient of a strided 1x1 convolution of
// fewer channels than this. Only every other pixel counts there, so they are picked out beforehand.
constexpr int64_t kFewChannels = 16;

at::Tensor every_nth_pixel(const at::Tensor& x, int64_t stride) {
  return x.slice(2, 0, std::nullopt, stride).slice(3, 0, std::nullopt, stride).contiguous(x.suggest_memory_format());
}

}  // namespace

at::Tensor Convolution::forward(const at::Tensor& x) {
  if (stride_ > 1 && weight.size(2) == 1 && padding_ == 0 && x.size(1) < kFewChannels) {
    return at::conv2d(every_nth_pixel(x, stride_), weight, bias, {1, 1}, {padding_, padding_}, {1, 1}, groups_);
  }
  // A module that was moved or converted has its own tensors; the members share them.
  return at::conv2d(x, weight, bias, {stride_, stride_}, {padding_, padding_}, {1, 1}, groups_);
}

BatchNorm::BatchNorm(int64_t channels) {
  weight = register_parameter("weight", at::ones({channels}));
  bias = register_parameter("bias", at::zeros({channels}));
  running_mean = register_buffer("running_mean", at::zeros({channels}));
  running_var = register_buffer("running_var", at::ones({channels}));
  num_batches_tracked = register_buffer("num_batches_tracked", at::zeros({}, at::kLong));
}

at::Tensor BatchNorm::forward(const at::Tensor& x) {
  if (is_training()) num_batches_tracked.add_(1);
  return at::batch_norm(x, weight, bias, running_mean, running_var, is_training(), momentum, kBatchNormEpsilon, true);
}

Conv::Conv(int64_t in, int64_t out, int64_t kernel, int64_t stride, Activation activation, int64_t groups,
           int64_t padding)
    : conv_(add<Convolution>("conv", in, out, kernel, stride, Bias::No, groups, padding)),
      bn_(add<BatchNorm>("bn", out)),
      activation_(activation) {}

at::Tensor Conv::forward(const at::Tensor& x) {
  at::Tensor y = conv_->forward(x);
  if (bn_) y = bn_->forward(y);
  return activate(std::move(y), activation_);
}

void Conv::merge() {
  if (!bn_) return;
  conv_ = replace_module("conv", convolution_of(fold(*conv_, *bn_), *conv_));
  unregister_module("bn");
  bn_ = nullptr;
}

namespace {
at::Tensor gain_of(const BatchNorm& norm) {
  return norm.weight.detach() / at::sqrt(norm.running_var + kBatchNormEpsilon);
}
}  // namespace

Kernel fold(const Convolution& convolution, const BatchNorm& norm) {
  const at::NoGradGuard no_grad;
  const at::Tensor gain = gain_of(norm);
  at::Tensor shift = norm.bias.detach() - norm.running_mean * gain;
  if (convolution.bias.defined()) shift = shift + convolution.bias.detach() * gain;
  return {convolution.weight.detach() * gain.view({-1, 1, 1, 1}), shift};
}

Kernel fold_identity(const BatchNorm& norm, int64_t kernel, int64_t groups) {
  const at::NoGradGuard no_grad;
  const at::Tensor gain = gain_of(norm);
  const int64_t channels = gain.size(0), width = channels / groups;
  at::Tensor weight = at::zeros({channels, width, kernel, kernel}, gain.options());
  const at::Tensor rows = at::arange(channels, gain.options().dtype(at::kLong));
  const at::Tensor middle = at::full_like(rows, kernel / 2);
  weight.index_put_({rows, at::remainder(rows, width), middle, middle}, gain);
  return {weight, norm.bias.detach() - norm.running_mean * gain};
}

at::Tensor enlarge(const at::Tensor& weight, int64_t kernel) {
  const int64_t border = (kernel - weight.size(-1)) / 2;
  return at::constant_pad_nd(weight, {border, border, border, border}, 0);
}

std::shared_ptr<Convolution> convolution_of(const Kernel& kernel, const Convolution& like) {
  const at::Tensor& weight = kernel.weight;
  const int64_t padding = like.padding() + (weight.size(2) - like.weight.size(2)) / 2;
  auto made = std::make_shared<Convolution>(weight.size(1) * like.groups(), weight.size(0), weight.size(2),
                                            like.stride(), Bias::Yes, like.groups(), padding);
  made->weight.set_data(weight.contiguous());
  made->bias.set_data(kernel.bias.contiguous());
  made->train(like.is_training());
  return made;
}

}  // namespace cairn::models
