// Adam and AdamW: the same moments, another place for the weight decay.
//   m = beta1 m + (1 - beta1) g
//   v = beta2 v + (1 - beta2) g^2
//   w -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps)
// Adam adds weight_decay w to g; AdamW multiplies w by 1 - lr weight_decay first. With amsgrad v is the largest so far.
#pragma once
#include <cairn/optimizer.h>
#include <cairn/prediction.h>

#include "common/slots.h"

namespace cairn::optimizers {

struct AdamParams {
  double lr = 0.001;
  double momentum = 0.937;  // beta1, under the name that all optimizers share
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.0005;
  bool amsgrad = false;
};

enum class Decay { InGradient, Decoupled };

class AdamFamily : public Optimizer, private Predictions {
 public:
  AdamFamily(std::string_view name, Decay decay, const AdamParams& params);
  // Without a momentum: the betas stay while a scheduler ramps that of others.
  Rates base_rates() const override { return {params_.lr, std::nullopt, params_.weight_decay}; }
  StepResult step(const ParamGroups& groups, std::span<const Rates> rates, const GradScale& scale) override;
  void save(StateWriter& to) const override;
  void load(const StateReader& from) override;
  void* extension(std::string_view id) override;

 private:
  std::vector<Prediction> of_last_step(const PredictionPlaces& places) const override;

  std::string_view name_;
  Decay decay_;
  AdamParams params_;
  Slots exp_avg_{"exp_avg"};
  Slots exp_avg_sq_{"exp_avg_sq"};
  Slots max_exp_avg_sq_{"max_exp_avg_sq"};
  StepCounts steps_;
  std::vector<std::pair<std::string, Rates>> newest_;  // what the newest step used, by parameter
};

// The parameters that both plugins declare, for FactoryBuilder::with.
struct AddAdamParams {
  template <class Builder>
  Builder&& operator()(Builder&& builder) const {
    return std::move(builder)
        .param("lr", &AdamParams::lr, Range{0.0, 1e6, false, true}, "learning rate at the start", sweepable)
        .param("momentum", &AdamParams::momentum, Range{0.0, 1.0, false, true},
               "beta1: share of the first moment that stays", sweepable)
        .param("beta2", &AdamParams::beta2, Range{0.0, 1.0, false, true}, "share of the second moment that stays",
               sweepable)
        .param("eps", &AdamParams::eps, range(0, 1), "added to the divisor")
        .param("weight_decay", &AdamParams::weight_decay, Range{0.0, 1e6, false, true},
               "decay of the weights, for a nominal batch", sweepable)
        .param("amsgrad", &AdamParams::amsgrad, "divide by the largest second moment so far");
  }
};

}  // namespace cairn::optimizers
