#include "yolov10/blocks.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "common/rep_conv.h"

namespace cairn::models {

std::shared_ptr<Conv> depthwise(int64_t channels, int64_t kernel, int64_t stride, Activation activation) {
  return std::make_shared<Conv>(channels, channels, kernel, stride, activation, channels);
}

ScDown::ScDown(int64_t in, int64_t out, int64_t kernel, int64_t stride)
    : cv1_(add<Conv>("cv1", in, out)), cv2_(register_module("cv2", depthwise(out, kernel, stride, Activation::None))) {}

at::Tensor ScDown::forward(const at::Tensor& x) {
  return cv2_->forward(cv1_->forward(x));
}

namespace {

std::shared_ptr<Chain> cib_chain(int64_t channels, Middle middle) {
  std::shared_ptr<Block> third;
  if (middle == Middle::Large) {
    third = rep_vgg_dw(2 * channels);
  } else {
    third = depthwise(2 * channels, 3);
  }
  return std::make_shared<Chain>(std::vector<std::shared_ptr<Block>>{
      depthwise(channels, 3), std::make_shared<Conv>(channels, 2 * channels), std::move(third),
      std::make_shared<Conv>(2 * channels, channels), depthwise(channels, 3)});
}

std::shared_ptr<Conv> linear(int64_t in, int64_t out) {
  return std::make_shared<Conv>(in, out, 1, 1, Activation::None);
}

}  // namespace

Cib::Cib(int64_t channels, Shortcut shortcut, Middle middle)
    : cv1_(register_module("cv1", cib_chain(channels, middle))), shortcut_(shortcut) {}

at::Tensor Cib::forward(const at::Tensor& x) {
  at::Tensor y = cv1_->forward(x);
  return shortcut_ == Shortcut::Yes ? x + y : y;
}

Attention::Attention(int64_t channels)
    : heads_(std::max<int64_t>(channels / 64, 1)),
      value_width_(channels / heads_),
      key_width_(value_width_ / 2),
      qkv_(register_module("qkv", linear(channels, channels + 2 * heads_ * key_width_))),
      proj_(register_module("proj", linear(channels, channels))),
      pe_(register_module("pe", depthwise(channels, 3, 1, Activation::None))) {}

at::Tensor Attention::forward(const at::Tensor& x) {
  const int64_t batch = x.size(0), height = x.size(2), width = x.size(3);
  const at::Tensor qkv = qkv_->forward(x).contiguous().view({batch, heads_, -1, height * width});
  const Tensors parts = qkv.split_with_sizes({key_width_, key_width_, value_width_}, 2);
  const double scale = 1 / std::sqrt(static_cast<double>(key_width_));
  const at::Tensor weights = at::softmax(at::matmul(parts[0].transpose(2, 3), parts[1]) * scale, -1);
  const at::Tensor mixed = at::matmul(parts[2], weights.transpose(2, 3)).reshape({batch, -1, height, width});
  return proj_->forward(mixed + pe_->forward(parts[2].reshape({batch, -1, height, width})));
}

Psa::Psa(int64_t channels)
    : cv1_(add<Conv>("cv1", channels, channels / 2 * 2)),
      cv2_(add<Conv>("cv2", channels / 2 * 2, channels)),
      attn_(add<Attention>("attn", channels / 2)) {
  const int64_t half = channels / 2;
  ffn_ = register_module("ffn", std::make_shared<Chain>(std::vector<std::shared_ptr<Block>>{
                                    std::make_shared<Conv>(half, 2 * half), linear(2 * half, half)}));
}

at::Tensor Psa::forward(const at::Tensor& x) {
  const Tensors halves = cv1_->forward(x).chunk(2, 1);
  at::Tensor b = halves[1] + attn_->forward(halves[1]);
  b = b + ffn_->forward(b);
  return cv2_->forward(at::cat({halves[0], b}, 1));
}

namespace {

Made make_sc_down(const Place& at) {
  const int64_t kernel = at.arg(1, 3), stride = at.arg(2, 2);
  return {std::make_shared<ScDown>(at.in(), at.out(), kernel, stride),
          {at.out()},
          list_of(at.in(), at.out(), kernel, stride)};
}

Made make_c2f_cib(const Place& at) {
  const auto shortcut = at.arg(1, 0) != 0 ? Shortcut::Yes : Shortcut::No;
  const auto middle = at.arg(2, 0) != 0 ? Middle::Large : Middle::Plain;
  List arguments = list_of(at.in(), at.out(), at.repeats);
  for (size_t i = 1; i < at.args.size(); ++i) arguments.emplace_back(at.args[i] != 0);
  const Inner inner = [=](int64_t channels) { return std::make_shared<Cib>(channels, shortcut, middle); };
  return {std::make_shared<C2f>(at.in(), at.out(), at.repeats, inner), {at.out()}, std::move(arguments)};
}

Made make_psa(const Place& at) {
  if (at.in() != at.out())
    fail(Code::Internal, "PSA: ", at.in(), " channels in, ", at.out(), " out; expected the same");
  return {std::make_shared<Psa>(at.out()), {at.out()}, list_of(at.in(), at.out())};
}

}  // namespace

Makers yolov10_makers() {
  Makers makers = standard_makers();
  makers["SCDown"] = make_sc_down;
  makers["C2fCIB"] = make_c2f_cib;
  makers["PSA"] = make_psa;
  return makers;
}

}  // namespace cairn::models
