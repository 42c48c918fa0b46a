// Parts of heads that measure their boxes from anchors.
#pragma once
#include "common/anchors.h"
#include "common/convolution.h"

namespace cairn::models {

// Plain 1x1 convolutions with a bias, one per level, named "0", "1", ...
class LevelConvolutions final : public torch::nn::Module {
 public:
  LevelConvolutions(const std::vector<int64_t>& widths, int64_t out);
  size_t size() const { return convolutions_.size(); }
  Convolution& operator[](size_t level) { return *convolutions_[level]; }

 private:
  std::vector<std::shared_ptr<Convolution>> convolutions_;
};

// Adds to the biases: objectness ln(8 / (640 / stride)^2), classes ln(0.6 / (classes - slack)).
void add_anchor_prior(LevelConvolutions& outputs, const std::vector<double>& strides, int64_t anchors, int64_t classes,
                      double slack);

// What the published code leaves behind when it measures the strides with a black picture, before it sets the momentum:
// one counted batch and variances of 0.9 in every batch normalisation below.
void mark_one_batch_of_zeros(torch::nn::Module& root);

}  // namespace cairn::models
