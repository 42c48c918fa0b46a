// YOLOv10's head: the same two branches twice. One-to-many trains trunk and neck with several anchors an object;
// one-to-one learns, from features without a gradient, to answer once per object, and alone remains for inference.
#pragma once
#include "common/distribution_head.h"

namespace cairn::models {

enum class Heads { Both, OneToOne };

// State: cv2 (boxes), cv3 (classes) of one-to-many, dfl, one2one_cv2, one2one_cv3; without the first two for OneToOne.
// Yields two pairs of maps, one-to-many first, or the one.
class DetectTwice final : public Layer {
 public:
  DetectTwice(int64_t classes, const std::vector<int64_t>& widths, Heads heads);
  Tensors run(std::span<const Tensors> inputs) override;
  // Both alike, one-to-one as a copy of one-to-many.
  void set_prior(const std::vector<double>& strides, double box_bias);

 private:
  Heads heads_;
  BranchPair one_to_many_, one_to_one_;  // the first is empty for OneToOne
};

}  // namespace cairn::models
