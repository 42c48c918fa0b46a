// YOLOv9's heads.
#pragma once
#include "common/distribution_head.h"

namespace cairn::models {

// State: cv2 (boxes, the last two convolutions in 4 groups), cv3 (classes), dfl. Yields the outputs of one pair.
class DDetect final : public Layer {
 public:
  DDetect(int64_t classes, const std::vector<int64_t>& widths);
  Tensors run(std::span<const Tensors> inputs) override;
  void set_prior(const std::vector<double>& strides, double box_bias) { branches_.set_prior(strides, box_bias); }

 private:
  BranchPair branches_;
};

// The first half of the inputs is the auxiliary branch's, the second half the main one's. State: cv2, cv3 (auxiliary),
// cv4, cv5 (main), dfl, dfl2. Yields two pairs: auxiliary, main.
class DualDDetect final : public Layer {
 public:
  DualDDetect(int64_t classes, const std::vector<int64_t>& widths);
  Tensors run(std::span<const Tensors> inputs) override;
  void set_prior(const std::vector<double>& strides, double box_bias);

 private:
  BranchPair auxiliary_, main_;
};

}  // namespace cairn::models
