#include "common/blocks.h"

#include <ATen/ATen.h>

namespace cairn::models {

namespace {
std::shared_ptr<Chain> repeat(int64_t count, int64_t channels, const Inner& inner) {
  std::vector<std::shared_ptr<Block>> blocks;
  for (int64_t j = 0; j < count; ++j) blocks.push_back(inner(channels));
  return std::make_shared<Chain>(std::move(blocks));
}
}  // namespace

Bottleneck::Bottleneck(int64_t channels, Shortcut shortcut, int64_t first_kernel, int64_t second_kernel,
                       Activation activation)
    : cv1_(add<Conv>("cv1", channels, channels, first_kernel, 1, activation)),
      cv2_(add<Conv>("cv2", channels, channels, second_kernel, 1, activation)),
      shortcut_(shortcut) {}

at::Tensor Bottleneck::forward(const at::Tensor& x) {
  at::Tensor y = cv2_->forward(cv1_->forward(x));
  return shortcut_ == Shortcut::Yes ? x + y : y;
}

Inner bottlenecks(Shortcut shortcut) {
  return [shortcut](int64_t channels) { return std::make_shared<Bottleneck>(channels, shortcut); };
}

C2f::C2f(int64_t in, int64_t out, int64_t repeats, const Inner& inner)
    : cv1_(add<Conv>("cv1", in, out / 2 * 2)),
      cv2_(add<Conv>("cv2", (2 + repeats) * (out / 2), out)),
      m_(register_module("m", repeat(repeats, out / 2, inner))) {}

at::Tensor C2f::forward(const at::Tensor& x) {
  Tensors parts = cv1_->forward(x).chunk(2, 1);
  for (size_t j = 0; j < m_->size(); ++j) parts.push_back((*m_)[j].forward(parts.back()));
  return cv2_->forward(at::cat(parts, 1));
}

C2::C2(int64_t in, int64_t out, int64_t repeats, const Inner& inner)
    : cv1_(add<Conv>("cv1", in, out / 2 * 2)),
      cv2_(add<Conv>("cv2", out / 2 * 2, out)),
      m_(register_module("m", repeat(repeats, out / 2, inner))) {}

at::Tensor C2::forward(const at::Tensor& x) {
  const Tensors halves = cv1_->forward(x).chunk(2, 1);
  return cv2_->forward(at::cat({m_->forward(halves[0]), halves[1]}, 1));
}

C3::C3(int64_t in, int64_t out, int64_t repeats, const Inner& inner)
    : cv1_(add<Conv>("cv1", in, out / 2)),
      cv2_(add<Conv>("cv2", in, out / 2)),
      cv3_(add<Conv>("cv3", out / 2 * 2, out)),
      m_(register_module("m", repeat(repeats, out / 2, inner))) {}

at::Tensor C3::forward(const at::Tensor& x) {
  const at::Tensor inner = m_->forward(cv1_->forward(x));
  return cv3_->forward(at::cat({inner, cv2_->forward(x)}, 1));
}

Sppf::Sppf(int64_t in, int64_t out, int64_t kernel, Activation activation)
    : cv1_(add<Conv>("cv1", in, in / 2, 1, 1, activation)),
      cv2_(add<Conv>("cv2", in / 2 * 4, out, 1, 1, activation)),
      kernel_(kernel) {}

at::Tensor Sppf::forward(const at::Tensor& x) {
  Tensors parts{cv1_->forward(x)};
  for (int pool = 0; pool < 3; ++pool) {
    parts.push_back(at::max_pool2d(parts.back(), {kernel_, kernel_}, {1, 1}, {kernel_ / 2, kernel_ / 2}));
  }
  return cv2_->forward(at::cat(parts, 1));
}

at::Tensor MaxPool::forward(const at::Tensor& x) {
  const int64_t padding = stride_ == 1 ? kernel_ / 2 : 0;
  return at::max_pool2d(x, {kernel_, kernel_}, {stride_, stride_}, {padding, padding});
}

at::Tensor Upsample::forward(const at::Tensor& x) {
  return at::upsample_nearest2d(x, {x.size(2) * 2, x.size(3) * 2});
}

Tensors Concat::run(std::span<const Tensors> inputs) {
  Tensors parts;
  for (const Tensors& input : inputs) parts.push_back(input[0]);
  return {at::cat(parts, 1)};
}

Tensors Sum::run(std::span<const Tensors> inputs) {
  at::Tensor sum = inputs[0][0];
  for (const Tensors& input : inputs.subspan(1)) sum = sum + input[0];
  return {sum};
}

}  // namespace cairn::models
