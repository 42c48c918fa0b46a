// YOLOv7's head: a 1x1 convolution per level between two learned vectors, and plain ones for auxiliary levels.
#pragma once
#include "common/anchor_head.h"

namespace cairn::models {

// Learned vectors [1, C, 1, 1], one per level: {level}.implicit.
class ImplicitVectors final : public torch::nn::Module {
 public:
  ImplicitVectors(const std::vector<int64_t>& widths, double value);
  size_t size() const { return vectors_.size(); }
  at::Tensor& operator[](size_t level);

 private:
  class Vector;
  std::vector<std::shared_ptr<Vector>> vectors_;
};

// State: anchors [L, A, 2] in units of the strides, anchor_grid [L, 1, A, 1, 1, 2] in pixels, m, m2 (with auxiliary
// inputs), ia, im. Yields im * m(x + ia) of every level, and in training m2(x) of the auxiliary ones behind. Merged: ia
// and im are folded into m.
class ImplicitDetect final : public Layer {
 public:
  // widths: of the lead inputs, then of the auxiliary ones, if there are any.
  ImplicitDetect(const std::vector<int64_t>& widths, size_t levels, int64_t out, const at::Tensor& anchors_LA2,
                 const std::vector<double>& strides);
  Tensors run(std::span<const Tensors> inputs) override;
  void merge() override;
  void set_anchors(const at::Tensor& anchors_LA2, const std::vector<double>& strides);
  void start(uint64_t seed, const std::vector<double>& strides, int64_t anchors, int64_t classes);

  at::Tensor anchors_LA2, anchor_grid;

 private:
  std::shared_ptr<LevelConvolutions> m_, m2_;  // m2_ null without auxiliary inputs
  std::shared_ptr<ImplicitVectors> ia_, im_;   // null once merged
};

}  // namespace cairn::models
