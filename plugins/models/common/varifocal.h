// Varifocal loss (Zhang et al., CVPR 2021) with the weight part of the gradient.
#pragma once
#include <vector>

#include <ATen/ATen.h>

namespace cairn::models {

// Sum over all entries of the maps of BCE(p, q) w, p = sigmoid(logit). Where nothing was assigned q = 0 and
// w = 0.75 p^2; at the assigned entries, which are given once more as `positives_N` with targets `scores_N`, w = q.
// Float32, or float64 for such logits. One buffer of the size of a map at a time lives until the backward pass.
at::Tensor varifocal_loss(const std::vector<at::Tensor>& maps, const at::Tensor& positives_N,
                          const at::Tensor& scores_N);

}  // namespace cairn::models
