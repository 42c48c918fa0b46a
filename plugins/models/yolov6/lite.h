// The Lite variants: depth-wise convolutions, hard-swish, squeeze and excitation. A fourth level at stride 64.
#pragma once
#include <string>
#include <vector>

#include "yolov6/variants.h"

namespace cairn::models {

// Depth-wise k x k, then 1x1, both with a bias, a norm and hard-swish. Children conv_dw_1, bn_1, conv_pw_1, bn_2. It
// stays as it is when a network is merged.
class DepthwiseBlock final : public Block {
 public:
  DepthwiseBlock(int64_t in, int64_t out, int64_t kernel = 5, int64_t stride = 1);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Convolution> conv_dw_;
  std::shared_ptr<BatchNorm> bn_1_;
  std::shared_ptr<Convolution> conv_pw_;
  std::shared_ptr<BatchNorm> bn_2_;
};

std::vector<std::string> yolov6_lite_names();
YoloV6Variant yolov6_lite(const std::string& name);
// ConvHS {out, kernel, stride}, EffiBlock {middle, out} (repeats: the first of stride 2), Depthwise {out, stride},
// Csp {out}, beside those of yolov6_makers().
void add_lite_makers(Makers& makers);

}  // namespace cairn::models
