// YOLOv10's blocks (Wang et al., NeurIPS 2024). Channel counts are as built; children in state order.
#pragma once
#include "common/blocks.h"
#include "common/table.h"

namespace cairn::models {

// A depth-wise Conv: every channel has a kernel of its own.
std::shared_ptr<Conv> depthwise(int64_t channels, int64_t kernel, int64_t stride = 1,
                                Activation activation = Activation::SiLU);

// Channels first, then the step down: cv1 1x1, cv2 depth-wise with a stride and no activation. Children cv1, cv2.
class ScDown final : public Block {
 public:
  ScDown(int64_t in, int64_t out, int64_t kernel, int64_t stride);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv> cv1_, cv2_;
};

enum class Middle { Plain, Large };  // Large: 7x7 beside 3x3, merged for inference

// Depth-wise 3x3, 1x1 to twice the channels, depth-wise 3x3 or large, 1x1 back, depth-wise 3x3; the input is added with
// a shortcut. Child cv1, a chain of five.
class Cib final : public Block {
 public:
  Cib(int64_t channels, Shortcut shortcut, Middle middle);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Chain> cv1_;
  Shortcut shortcut_;
};

// Self-attention over all positions: max(channels / 64, 1) heads, keys of half the heads' width, and a depth-wise 3x3
// of the values as the position's share. Children qkv, proj, pe.
class Attention final : public Block {
 public:
  explicit Attention(int64_t channels);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  int64_t heads_, value_width_, key_width_;
  std::shared_ptr<Conv> qkv_, proj_, pe_;
};

// cv1 to two halves; the second one goes through attention and a feed-forward net, each added to its input; cv2 over
// both. Children cv1, cv2, attn, ffn.
class Psa final : public Block {
 public:
  explicit Psa(int64_t channels);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv> cv1_, cv2_;
  std::shared_ptr<Attention> attn_;
  std::shared_ptr<Chain> ffn_;
};

// SCDown {out, k, s}, C2fCIB {out, shortcut, large}, PSA {out}.
Makers yolov10_makers();

}  // namespace cairn::models
