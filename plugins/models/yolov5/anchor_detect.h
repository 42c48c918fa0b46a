// YOLOv5's head: per level one 1x1 convolution to boxes, objectness and classes of every anchor.
#pragma once
#include "common/anchor_head.h"

namespace cairn::models {

// State: anchors [L, A, 2] in units of the strides, m.{level}. Yields one map per level.
class AnchorDetect final : public Layer {
 public:
  AnchorDetect(const std::vector<int64_t>& widths, int64_t out, const at::Tensor& anchors_LA2);
  Tensors run(std::span<const Tensors> inputs) override;
  LevelConvolutions& outputs() { return *m_; }

  at::Tensor anchors_LA2;

 private:
  std::shared_ptr<LevelConvolutions> m_;
};

}  // namespace cairn::models
