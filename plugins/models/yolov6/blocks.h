// YOLOv6's blocks (Li et al., 2022, 2023). Channel counts are as built; children in state order.
#pragma once
#include "common/blocks.h"
#include "common/table.h"

namespace cairn::models {

// A Conv one level down. Child block {conv, bn}.
class ConvBlock final : public Block {
 public:
  ConvBlock(int64_t in, int64_t out, int64_t kernel, int64_t stride, Activation activation, int64_t groups = 1);
  at::Tensor forward(const at::Tensor& x) override { return block_->forward(x); }

 private:
  std::shared_ptr<Conv> block_;
};

// What a variant repeats: a RepVGG block, or a 3x3 ConvBlock.
enum class Basic { RepVgg, ReLU, SiLU };
std::shared_ptr<Block> basic_block(Basic basic, int64_t in, int64_t out, int64_t stride = 1);
// Of the plain convolutions beside it.
Activation activation_beside(Basic basic);

// `length` basic blocks in a row, the input added `alpha` times, alpha a trained scalar. Children alpha, conv1, conv2,
// ...
class BottleRep final : public Block {
 public:
  BottleRep(Basic basic, int64_t channels, int64_t length);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  at::Tensor alpha_;
  std::vector<std::shared_ptr<Block>> blocks_;
};

// `first`, then the others as a chain. Children conv1, block.{j} (absent when there are none).
class RepBlock final : public Block {
 public:
  RepBlock(std::shared_ptr<Block> first, std::vector<std::shared_ptr<Block>> others);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Block> conv1_;
  std::shared_ptr<Chain> block_;  // null when absent
};
std::shared_ptr<RepBlock> rep_block(Basic basic, int64_t in, int64_t out, int64_t repeats);

// cv3 over [repeats / 2 BottleReps of cv1, cv2], both of width out * expansion. Children cv1, cv2, cv3, m.
class BepC3 final : public Block {
 public:
  BepC3(Basic basic, int64_t in, int64_t out, int64_t repeats, double expansion);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<ConvBlock> cv1_, cv2_, cv3_;
  std::shared_ptr<RepBlock> m_;
};

// cv1 split into branches of width out * expansion; cv2 over the first part, and of each other branch its part and the
// output of every BottleRep of its chain. Children cv1, cv2, m.{branch}.{j}.
class MblaBlock final : public Block {
 public:
  MblaBlock(Basic basic, int64_t in, int64_t out, int64_t repeats, double expansion);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv> cv1_, cv2_;
  std::shared_ptr<Branches> m_;
};

// Spatial pyramid pooling, kernel 5: `cspsppf` {cv1 .. cv7} with a second path around it, or `sppf` {cv1, cv2}.
class PoolingBlock final : public Block {
 public:
  enum class Form { Csp, Plain };
  PoolingBlock(Form form, int64_t channels, Activation activation);
  at::Tensor forward(const at::Tensor& x) override { return inner_->forward(x); }

 private:
  std::shared_ptr<Block> inner_;
};

// Three levels into the middle one: the deeper enlarged, the shallower reduced. Inputs: deeper (of width `out`),
// middle, shallower. Children cv1, cv2, cv3, upsample.upsample_transpose, downsample.
class BiFusion final : public Layer {
 public:
  BiFusion(int64_t middle, int64_t shallower, int64_t out);
  Tensors run(std::span<const Tensors> inputs) override;

 private:
  class Upsampling;
  std::shared_ptr<ConvBlock> cv1_, cv2_, cv3_;
  std::shared_ptr<Upsampling> upsample_;
  std::shared_ptr<ConvBlock> downsample_;
};

// What the blocks of a variant are.
struct BlockRule {
  enum class Stage { RepBlock, BepC3, Mbla };
  Basic basic = Basic::RepVgg;
  Stage stage = Stage::RepBlock;
  PoolingBlock::Form pooling = PoolingBlock::Form::Csp;
  double expansion = 0.5;  // of BepC3 and Mbla
};
// What the published code calls a layer, for listings, with its channels in and out.
Made listed(std::shared_ptr<Layer> layer, std::string name, Value in, int64_t out);
// Basic {out, stride}, Stage {out}, Pooling {}, ConvReLU {out, kernel, stride}, BiFusion {out}, and the standard ones.
Makers yolov6_makers(const BlockRule& rule);

}  // namespace cairn::models
