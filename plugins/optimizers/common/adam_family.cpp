#include "common/adam_family.h"

#include <ATen/core/grad_mode.h>

#include "common/update.h"

namespace cairn::optimizers {
namespace {

// The kernels read each parameter's count from a float32 scalar on its device.
std::vector<at::Tensor> as_scalars(const std::vector<float>& counts, const at::Device& device) {
  return at::tensor(counts, at::kFloat).to(device).unbind();
}

}  // namespace

AdamFamily::AdamFamily(std::string_view name, Decay decay, const AdamParams& params)
    : name_(name), decay_(decay), params_(params) {
  check_setting(name, "lr", params.lr, 0, 1e6);
  check_setting(name, "momentum", params.momentum, 0, 1);
  check_setting(name, "beta2", params.beta2, 0, 1);
  check_setting(name, "eps", params.eps, 0, 1.1);
  check_setting(name, "weight_decay", params.weight_decay, 0, 1e6);
}

StepResult AdamFamily::step(const ParamGroups& groups, std::span<const Rates> rates, const GradScale& scale) {
  check_rates(name_, groups, rates);
  newest_.clear();
  if (found_inf(scale)) return StepResult::Skipped;
  const at::NoGradGuard no_grad;
  for (UpdateList& list : update_lists(groups)) {
    const Rates& r = rates[list.group];
    std::vector<at::Tensor> first, second, largest;
    std::vector<float> counts;
    for (size_t i = 0; i < list.params.size(); ++i) {
      const std::string& name = list.names[i];
      first.push_back(exp_avg_.of(name, list.params[i]));
      second.push_back(exp_avg_sq_.of(name, list.params[i]));
      if (params_.amsgrad) largest.push_back(max_exp_avg_sq_.of(name, list.params[i]));
      counts.push_back(static_cast<float>(++steps_.of(name)));
      newest_.emplace_back(name, r);
    }
    const auto kernel = [&](auto update) {
      update(list.params, list.gradients, first, second, largest, as_scalars(counts, list.params[0].device()), r.lr,
             params_.momentum, params_.beta2, r.weight_decay, params_.eps, params_.amsgrad, /*maximize=*/false,
             optional_scale(scale), std::nullopt);
    };
    if (decay_ == Decay::Decoupled) {
      kernel([](auto&&... given) { at::_fused_adamw_(given...); });
    } else {
      kernel([](auto&&... given) { at::_fused_adam_(given...); });
    }
  }
  return StepResult::Applied;
}

void AdamFamily::save(StateWriter& to) const {
  exp_avg_.save(to);
  exp_avg_sq_.save(to);
  if (params_.amsgrad) max_exp_avg_sq_.save(to);
  steps_.save(to);
}

void AdamFamily::load(const StateReader& from) {
  exp_avg_.load(from);
  exp_avg_sq_.load(from);
  if (params_.amsgrad) max_exp_avg_sq_.load(from);
  steps_.load(from);
  newest_.clear();
}

void* AdamFamily::extension(std::string_view id) {
  return id == kPredictionExtension ? static_cast<Predictions*>(this) : nullptr;
}

std::vector<Prediction> AdamFamily::of_last_step(const PredictionPlaces& places) const {
  using From = PredictionOperand::From;
  std::vector<Prediction> all;
  for (const auto& [name, r] : newest_) {
    const std::string weight = cat(places.weights, "/", name), first = cat(places.own, "/exp_avg/", name),
                      second = cat(places.own, "/exp_avg_sq/", name),
                      largest = cat(places.own, "/max_exp_avg_sq/", name);
    all.push_back({second,
                   "adam_square/1",
                   {{From::Base, second}, {From::Base, first}, {From::This, first}},
                   {params_.momentum, params_.beta2}});
    if (params_.amsgrad) all.push_back({largest, "amsgrad/1", {{From::Base, largest}, {From::This, second}}, {}});
    all.push_back({weight,
                   "adam/1",
                   {{From::Base, weight}, {From::This, first}, {From::This, params_.amsgrad ? largest : second}},
                   {r.lr, params_.momentum, params_.beta2, params_.eps,
                    decay_ == Decay::Decoupled ? r.weight_decay : 0.0, static_cast<double>(steps_.at(name))}});
  }
  return all;
}

}  // namespace cairn::optimizers
