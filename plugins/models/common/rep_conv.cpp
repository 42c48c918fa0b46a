#include "common/rep_conv.h"

#include <ATen/ATen.h>

namespace cairn::models {

RepPair::RepPair(int64_t in, int64_t out, int64_t large, int64_t small, int64_t groups, const Names& names)
    : names_(names),
      large_(add<Conv>(names.large, in, out, large, 1, Activation::None, groups)),
      small_(add<Conv>(names.small, in, out, small, 1, Activation::None, groups)) {}

at::Tensor RepPair::forward(const at::Tensor& x) {
  at::Tensor y = conv_ ? conv_->forward(x) : large_->forward(x) + small_->forward(x);
  return activate(std::move(y), Activation::SiLU);
}

void RepPair::merge() {
  if (conv_) return;
  const at::NoGradGuard no_grad;
  const Convolution &large = large_->convolution(), &small = small_->convolution();
  const at::Tensor weight = large.weight + enlarge(small.weight, large.weight.size(2));
  conv_ = convolution_of({weight, large.bias + small.bias}, large);
  unregister_module(names_.large);
  unregister_module(names_.small);
  large_ = small_ = nullptr;
  register_module("conv", conv_);
}

std::shared_ptr<RepPair> rep_conv_n(int64_t in, int64_t out) {
  return std::make_shared<RepPair>(in, out, 3, 1, 1, RepPair::Names{"conv1", "conv2"});
}

std::shared_ptr<RepPair> rep_vgg_dw(int64_t channels) {
  return std::make_shared<RepPair>(channels, channels, 7, 3, channels, RepPair::Names{"conv", "conv1"});
}

}  // namespace cairn::models
