// The head of YOLOv8 and of the anchor-free YOLOv5: per level a box branch and a class branch, boxes as distributions
// over 16 bins a side.
#pragma once
#include "common/distribution_head.h"

namespace cairn::models {

// State: cv2.{level} (boxes), cv3.{level} (classes), dfl. Yields the box maps of all levels, then the class maps.
class Detect final : public Layer {
 public:
  Detect(int64_t classes, const std::vector<int64_t>& widths);
  Tensors run(std::span<const Tensors> inputs) override;
  void set_prior(const std::vector<double>& strides, double box_bias) { branches_.set_prior(strides, box_bias); }

 private:
  BranchPair branches_;
};

}  // namespace cairn::models
