#include "optimizer/grad_scaler.h"

#include <cmath>

#include <ATen/core/grad_mode.h>

namespace cairn {

GradScaler::GradScaler(GradScalerSettings settings) : settings_(settings) {
  const auto& s = settings_;
  if (!(s.initial_scale > 0) || !std::isfinite(s.initial_scale) || !(s.growth >= 1) || !std::isfinite(s.growth) ||
      !(s.backoff > 0 && s.backoff <= 1) || s.growth_interval < 1) {
    fail(Code::InvalidArgument, "loss scaling: expected initial_scale > 0, growth >= 1, 0 < backoff <= 1, ",
         "growth_interval >= 1, found ", s.initial_scale, ", ", s.growth, ", ", s.backoff, ", ", s.growth_interval);
  }
  scale_ = at::full({}, s.initial_scale, at::kFloat);
  good_steps_ = at::zeros({}, at::kInt);
}

void GradScaler::move_to(const at::Device& device) {
  if (scale_.device() == device) return;
  scale_ = scale_.to(device);
  good_steps_ = good_steps_.to(device);
}

at::Tensor GradScaler::scaled(const at::Tensor& loss) {
  move_to(loss.device());
  return loss * scale_.to(loss.scalar_type());
}

GradScale GradScaler::unscale(const ParamGroups& groups) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const auto& group : groups) {
    for (const auto& param : group.params) {
      if (param.grad().defined()) gradients.push_back(param.grad());
    }
  }
  if (!gradients.empty()) move_to(gradients.front().device());
  GradScale step;
  step.found_inf = at::zeros({}, scale_.options());
  const at::Tensor inverse = scale_.to(at::kDouble).reciprocal().to(at::kFloat);
  if (!gradients.empty()) at::_amp_foreach_non_finite_check_and_unscale_(gradients, step.found_inf, inverse);
  return step;
}

void GradScaler::update(const GradScale& step) {
  at::_amp_update_scale_(scale_, good_steps_, step.found_inf, settings_.growth, settings_.backoff,
                         settings_.growth_interval);
}

double GradScaler::scale() const {
  return scale_.item<double>();
}

int64_t GradScaler::good_steps() const {
  return good_steps_.item<int64_t>();
}

void GradScaler::save(StateWriter& to) const {
  to.real("scale", scale());
  to.integer("good_steps", good_steps());
}

void GradScaler::load(const StateReader& from) {
  const double scale = from.real("scale");
  const int64_t good_steps = from.integer("good_steps");
  if (!(scale > 0) || !std::isfinite(scale) || good_steps < 0 || good_steps >= settings_.growth_interval) {
    fail(Code::DataLoss, "loss scaling: expected a finite scale above 0 and between 0 and ",
         settings_.growth_interval - 1, " good steps, found ", scale, " and ", good_steps);
  }
  scale_.fill_(scale);
  good_steps_.fill_(good_steps);
}

}  // namespace cairn
