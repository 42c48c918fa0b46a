// YOLOv9's blocks (Wang et al., 2024). Channel counts are as built; children in state order.
#pragma once
#include "common/blocks.h"
#include "common/table.h"

namespace cairn::models {

// 2x2 mean without padding, then cv1, 3x3 of stride 2. Child cv1.
class AConv final : public Block {
 public:
  AConv(int64_t in, int64_t out);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv> cv1_;
};

// 2x2 mean, then two halves: cv1, 3x3 of stride 2, and cv2, 1x1 behind a max pool of stride 2. Children cv1, cv2.
class ADown final : public Block {
 public:
  ADown(int64_t in, int64_t out);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv> cv1_, cv2_;
};

// cv1 to two halves; cv2 reads the second half, cv3 reads cv2; cv4 over all four. What cv2 and cv3 are is the caller's
// choice: ELAN1 has a 3x3 each, RepNCSPELAN4 a RepNCSP and a 3x3 each. Children cv1, cv2, cv3, cv4.
class Elan final : public Block {
 public:
  Elan(int64_t in, int64_t out, int64_t split, int64_t inner, std::shared_ptr<Block> cv2, std::shared_ptr<Block> cv3);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv> cv1_;
  std::shared_ptr<Block> cv2_, cv3_;
  std::shared_ptr<Conv> cv4_;
};
std::shared_ptr<Elan> elan1(int64_t in, int64_t out, int64_t split, int64_t inner);
std::shared_ptr<Elan> rep_ncsp_elan4(int64_t in, int64_t out, int64_t split, int64_t inner, int64_t repeats);

// cv1, three max pools 5x5 in a row, cv5 over all four. Children cv1, cv5.
class SppElan final : public Block {
 public:
  SppElan(int64_t in, int64_t out, int64_t inner);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv> cv1_, cv5_;
};

// One 1x1 with a bias, its output split into the given widths. Child conv.
class CBLinear final : public Layer {
 public:
  CBLinear(int64_t in, std::vector<int64_t> widths);
  Tensors run(std::span<const Tensors> inputs) override;

 private:
  std::vector<int64_t> widths_;
  std::shared_ptr<Convolution> conv_;
};

// The last input plus split picks[j] of every input j before it, resized to its size by nearest neighbour.
class CBFuse final : public Layer {
 public:
  explicit CBFuse(std::vector<int64_t> picks) : picks_(std::move(picks)) {}
  Tensors run(std::span<const Tensors> inputs) override;

 private:
  std::vector<int64_t> picks_;
};

// Silence {}, ELAN1 {out, split, inner}, RepNCSPELAN4 {out, split, inner, repeats}, AConv {out}, ADown {out},
// SPPELAN {out, inner}, CBLinear {widths...}, CBFuse {picks...}. First widths are raised to a multiple of 8, except the
// one that equals 3 * (classes + 5), which the published code leaves alone.
Makers yolov9_makers(int64_t classes);

}  // namespace cairn::models
