// The block of RepVGG (Ding et al., CVPR 2021): three branches in training, one 3x3 convolution for inference.
#pragma once
#include "common/convolution.h"

namespace cairn::models {

// activation(norm(3x3 x) + norm(1x1 x) + norm(x)); the last only where width and size stay. Children rbr_identity,
// rbr_dense {convolution, norm}, rbr_1x1 {convolution, norm}; merged: rbr_reparam, with a bias.
class RepVgg final : public Block {
 public:
  struct Style {
    Activation activation = Activation::ReLU;
    std::string convolution = "conv", norm = "bn";  // names within a branch
  };
  RepVgg(int64_t in, int64_t out, int64_t stride, const Style& style);
  RepVgg(int64_t in, int64_t out, int64_t stride = 1) : RepVgg(in, out, stride, Style{}) {}
  at::Tensor forward(const at::Tensor& x) override;
  void merge() override;

 private:
  class Branch;
  Activation activation_;
  std::shared_ptr<BatchNorm> identity_;    // null where there is none, and once merged
  std::shared_ptr<Branch> dense_, small_;  // null once merged
  std::shared_ptr<Convolution> merged_;    // null before
};

}  // namespace cairn::models
