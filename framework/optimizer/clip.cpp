#include "optimizer/clip.h"

#include <cmath>

#include <ATen/core/grad_mode.h>

namespace cairn {
namespace {

std::vector<at::Tensor> gradients_of(const ParamGroups& groups) {
  std::vector<at::Tensor> gradients;
  for (const auto& group : groups) {
    for (const auto& param : group.params) {
      if (param.grad().defined()) gradients.push_back(param.grad());
    }
  }
  return gradients;
}

double norm_of(const std::vector<at::Tensor>& gradients) {
  if (gradients.empty()) return 0;
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients))).item<double>();
}

}  // namespace

double gradient_norm(const ParamGroups& groups) {
  const at::NoGradGuard no_grad;
  return norm_of(gradients_of(groups));
}

Clipped clip_gradients(const ParamGroups& groups, double max_norm) {
  if (!(max_norm > 0)) fail(Code::InvalidArgument, "gradient clipping: expected a norm above 0, found ", max_norm);
  const at::NoGradGuard no_grad;
  const auto gradients = gradients_of(groups);
  Clipped result;
  result.norm = norm_of(gradients);
  const double factor = max_norm / (result.norm + 1e-6);
  if (!std::isfinite(result.norm) || factor >= 1) return result;
  // The factor as the gradients' own type sees it, so that what is reported is what was done.
  result.factor = static_cast<float>(factor);
  at::_foreach_mul_(gradients, result.factor);
  return result;
}

void forget_gradients(const ParamGroups& groups) {
  for (const auto& group : groups) {
    for (auto param : group.params) param.mutable_grad().reset();
  }
}

}  // namespace cairn
