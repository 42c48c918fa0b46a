// Blocks that several families share. Channel counts are as built; children are named in comments, in state order.
#pragma once
#include <functional>

#include "common/convolution.h"

namespace cairn::models {

enum class Shortcut { No, Yes };

// cv1 (k1 x k1), cv2 (k2 x k2), width unchanged; the input is added with a shortcut.
class Bottleneck final : public Block {
 public:
  Bottleneck(int64_t channels, Shortcut shortcut, int64_t first_kernel = 3, int64_t second_kernel = 3,
             Activation activation = Activation::SiLU);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv> cv1_, cv2_;
  Shortcut shortcut_;
};

// Makes the inner block of width `channels`, number j; what a C2f repeats.
using Inner = std::function<std::shared_ptr<Block>(int64_t channels)>;
Inner bottlenecks(Shortcut shortcut);  // Bottleneck 3x3, 3x3

// cv1 to two halves; every inner block reads the one before, the first the second half; cv2 over all of them.
// Children cv1, cv2, m.{j}.
class C2f final : public Block {
 public:
  C2f(int64_t in, int64_t out, int64_t repeats, const Inner& inner);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv> cv1_, cv2_;
  std::shared_ptr<Chain> m_;
};

// cv1 to two halves; cv2 over [the inner blocks of the first half, the second half]. Children cv1, cv2, m.{j}.
class C2 final : public Block {
 public:
  C2(int64_t in, int64_t out, int64_t repeats, const Inner& inner);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv> cv1_, cv2_;
  std::shared_ptr<Chain> m_;
};

// cv3 over [the inner blocks of cv1, cv2], both of half the output's width. Children cv1, cv2, cv3, m.{j}.
class C3 final : public Block {
 public:
  C3(int64_t in, int64_t out, int64_t repeats, const Inner& inner);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv> cv1_, cv2_, cv3_;
  std::shared_ptr<Chain> m_;
};

// cv1 to half the width, three max pools in a row, cv2 over all four. Children cv1, cv2.
class Sppf final : public Block {
 public:
  Sppf(int64_t in, int64_t out, int64_t kernel = 5, Activation activation = Activation::SiLU);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv> cv1_, cv2_;
  int64_t kernel_;
};

// Stride 1 keeps the size (padding kernel / 2, minus infinity); another stride has no padding.
class MaxPool final : public Block {
 public:
  explicit MaxPool(int64_t kernel, int64_t stride = 1) : kernel_(kernel), stride_(stride) {}
  at::Tensor forward(const at::Tensor& x) override;

 private:
  int64_t kernel_, stride_;
};

// Nearest neighbour, factor 2.
class Upsample final : public Block {
 public:
  at::Tensor forward(const at::Tensor& x) override;
};

class Identity final : public Block {
 public:
  at::Tensor forward(const at::Tensor& x) override { return x; }
};

// Of all inputs along the channels, in order.
class Concat final : public Layer {
 public:
  Tensors run(std::span<const Tensors> inputs) override;
};

// Of all inputs.
class Sum final : public Layer {
 public:
  Tensors run(std::span<const Tensors> inputs) override;
};

}  // namespace cairn::models
