#include "common/varifocal.h"

#include <ATen/core/grad_mode.h>

namespace cairn::models {

namespace {

constexpr double kAlpha = 0.75;
constexpr double kSoftplusThreshold = 60;  // softplus(x) equals x in float64 beyond this

at::Tensor positive_part(const at::Tensor& x) {
  return at::softplus(x, 1, kSoftplusThreshold);
}

// A scalar of this value whose derivative by x is `slope`.
at::Tensor with_slope(const at::Tensor& value, const at::Tensor& x, const at::Tensor& slope) {
  const at::Tensor line = (x * slope).sum();
  return value + (line - line.detach());
}

// Sum of 0.75 p^2 BCE(p, 0) over all entries. Value and derivative in one pass, so that the graph holds one buffer.
at::Tensor background(const at::Tensor& logits) {
  at::Tensor value, slope;
  {
    const at::NoGradGuard no_grad;
    const at::Tensor p = at::sigmoid(logits), weight = p * p * kAlpha;
    slope = positive_part(logits);
    value = (weight * slope).sum();
    slope.addcmul_(slope, p, -1).mul_(2).add_(p).mul_(weight);  // w (2 (1 - p) softplus + p)
  }
  return with_slope(value, logits, slope);
}

}  // namespace

at::Tensor varifocal_loss(const std::vector<at::Tensor>& maps, const at::Tensor& positives_N,
                          const at::Tensor& scores_N) {
  const at::Tensor p = at::sigmoid(positives_N), entropy = positive_part(positives_N);
  at::Tensor sum = (scores_N * (entropy - scores_N * positives_N) - kAlpha * p * p * entropy).sum();
  for (const at::Tensor& map : maps) sum = sum + background(map);
  return sum;
}

}  // namespace cairn::models
