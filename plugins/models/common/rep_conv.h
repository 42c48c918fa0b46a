// Convolutions that train as several branches and infer as one kernel (Ding et al., RepVGG, CVPR 2021).
#pragma once
#include "common/convolution.h"

namespace cairn::models {

// SiLU of two activation-free Convs' sum, of kernel `large` and `small`. Children conv1, conv2 named as given; merged:
// one Convolution `conv` with a bias.
class RepPair final : public Block {
 public:
  struct Names {
    std::string large, small;
  };
  RepPair(int64_t channels_in, int64_t channels_out, int64_t large, int64_t small, int64_t groups, const Names& names);
  at::Tensor forward(const at::Tensor& x) override;
  void merge() override;

 private:
  Names names_;
  std::shared_ptr<Conv> large_, small_;  // null once merged
  std::shared_ptr<Convolution> conv_;    // null before
};

// YOLOv9's RepConvN: 3x3 `conv1` and 1x1 `conv2`.
std::shared_ptr<RepPair> rep_conv_n(int64_t in, int64_t out);
// YOLOv10's RepVGGDW: depth-wise 7x7 `conv` and 3x3 `conv1`.
std::shared_ptr<RepPair> rep_vgg_dw(int64_t channels);

}  // namespace cairn::models
