// Stochastic gradient descent with (Nesterov) momentum.
//   d = g + weight_decay w;  buffer = momentum buffer + d, beginning with d;  w -= lr (d + momentum buffer)
#include <cairn/optimizer.h>
#include <cairn/prediction.h>

#include "common/slots.h"
#include "common/update.h"

#include <ATen/core/grad_mode.h>

namespace cairn::optimizers {
namespace {

struct SgdParams {
  double lr = 0.01;
  double momentum = 0.937;
  double weight_decay = 0.0005;
  bool nesterov = true;
};

class Sgd final : public Optimizer, private Predictions {
 public:
  explicit Sgd(const SgdParams& params) : params_(params) {
    check_setting("sgd", "lr", params.lr, 0, 1e6);
    check_setting("sgd", "momentum", params.momentum, 0, 1);
    check_setting("sgd", "weight_decay", params.weight_decay, 0, 1e6);
  }

  Rates base_rates() const override { return {params_.lr, params_.momentum, params_.weight_decay}; }
  StepResult step(const ParamGroups& groups, std::span<const Rates> rates, const GradScale& scale) override;
  void save(StateWriter& to) const override { momentum_.save(to); }
  void load(const StateReader& from) override {
    momentum_.load(from);
    newest_.clear();
  }
  void* extension(std::string_view id) override {
    return id == kPredictionExtension ? static_cast<Predictions*>(this) : nullptr;
  }

 private:
  std::vector<Prediction> of_last_step(const PredictionPlaces& places) const override;
  double momentum_of(const Rates& rates) const { return rates.momentum.value_or(params_.momentum); }

  SgdParams params_;
  Slots momentum_{"momentum"};
  std::vector<std::pair<std::string, Rates>> newest_;  // what the newest step used, by parameter
};

StepResult Sgd::step(const ParamGroups& groups, std::span<const Rates> rates, const GradScale& scale) {
  check_rates("sgd", groups, rates);
  newest_.clear();
  if (found_inf(scale)) return StepResult::Skipped;
  const at::NoGradGuard no_grad;
  for (UpdateList& list : update_lists(groups)) {
    const Rates& r = rates[list.group];
    std::vector<at::Tensor> buffers;
    for (size_t i = 0; i < list.params.size(); ++i) {
      buffers.push_back(momentum_.of(list.names[i], list.params[i]));
      newest_.emplace_back(list.names[i], r);
    }
    // A new buffer is zero, so that the first one becomes d without a case of its own.
    const double momentum = momentum_of(r);
    at::_fused_sgd_(list.params, list.gradients, buffers, r.weight_decay, momentum, r.lr, /*dampening=*/0,
                    params_.nesterov && momentum > 0, /*maximize=*/false, /*is_first_step=*/false,
                    optional_scale(scale), std::nullopt);
  }
  return StepResult::Applied;
}

std::vector<Prediction> Sgd::of_last_step(const PredictionPlaces& places) const {
  using From = PredictionOperand::From;
  std::vector<Prediction> all;
  for (const auto& [name, r] : newest_) {
    const std::string weight = cat(places.weights, "/", name), buffer = cat(places.own, "/momentum/", name);
    const double momentum = momentum_of(r);
    all.push_back({weight,
                   "sgd/1",
                   {{From::Base, weight}, {From::This, buffer}, {From::Base, buffer}},
                   {r.lr, params_.nesterov ? momentum : 0.0}});
    all.push_back({buffer,
                   "bf16grad/1",
                   {{From::Base, buffer}, {From::Base, weight}},
                   {momentum, r.weight_decay, places.gradient_factor}});
  }
  return all;
}

}  // namespace
}  // namespace cairn::optimizers

CAIRN_PLUGIN("cairn.sgd", "1.0.0",
             cairn::optimizer<cairn::optimizers::Sgd, cairn::optimizers::SgdParams>(
                 "sgd", "stochastic gradient descent with Nesterov momentum")
                 .param("lr", &cairn::optimizers::SgdParams::lr, cairn::Range{0.0, 1e6, false, true},
                        "learning rate at the start", cairn::sweepable)
                 .param("momentum", &cairn::optimizers::SgdParams::momentum, cairn::Range{0.0, 1.0, false, true},
                        "share of the buffer that stays", cairn::sweepable)
                 .param("weight_decay", &cairn::optimizers::SgdParams::weight_decay,
                        cairn::Range{0.0, 1e6, false, true}, "L2 decay of the weights, for a nominal batch",
                        cairn::sweepable)
                 .param("nesterov", &cairn::optimizers::SgdParams::nesterov, "look ahead along the buffer"))
