#include "common/transposed.h"

#include <ATen/ATen.h>

namespace cairn::models {

TransposedConvolution::TransposedConvolution(int64_t in, int64_t out, int64_t kernel)
    : weight(register_parameter("weight", at::zeros({in, out, kernel, kernel}))),
      bias(register_parameter("bias", at::zeros({out}))) {}

at::Tensor TransposedConvolution::forward(const at::Tensor& x) {
  const int64_t stride = weight.size(-1);
  return at::conv_transpose2d(x, weight, bias, {stride, stride});
}

}  // namespace cairn::models
