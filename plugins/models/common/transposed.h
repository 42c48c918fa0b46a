// Enlarging by a learned kernel.
#pragma once
#include "common/layer.h"

namespace cairn::models {

// Transposed convolution, kernel and stride equal, with a bias. State: weight [in, out, k, k], bias.
class TransposedConvolution final : public Block {
 public:
  TransposedConvolution(int64_t in, int64_t out, int64_t kernel = 2);
  at::Tensor forward(const at::Tensor& x) override;
  at::Tensor weight, bias;
};

}  // namespace cairn::models
