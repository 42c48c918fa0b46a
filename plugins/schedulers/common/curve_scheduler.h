// A scheduler whose rate follows a curve over the run, under the warm-up that all of them share.
//   iteration <= warm-up: lr on the line from 0 (biases: warmup_bias_lr) to base lr * factor, momentum on the line from
//   warmup_momentum; then base lr * factor. factor comes from the subclass.
#pragma once
#include <cairn/scheduler.h>

#include "common/settings.h"

namespace cairn::schedulers {

class CurveScheduler : public Scheduler {
 public:
  // InvalidArgument when a setting is not finite or the momentum to end with is missing.
  CurveScheduler(const Settings& settings, const Context& context);

  Rates rates(const Progress& at, GroupKind group) const final;
  int64_t accumulation(const Progress& at) const final;
  bool step_due(const Progress& at) const final;

 protected:
  // The rate at `epoch` (with a fraction when update = "iteration") of a run of epochs() as a share of the base rate.
  virtual double factor(double epoch) const = 0;
  // Replaces the momentum outside the warm-up.
  virtual double momentum(double /*epoch*/, double base) const { return base; }

  int64_t epochs() const { return plan_.epochs > 0 ? plan_.epochs : 1; }

 private:
  bool late(const Progress& at) const;
  double epoch_of(const Progress& at, bool late) const;

  Settings settings_;
  Plan plan_;
  Rates base_;
  int64_t last_warmup_ = -1;
};

// InvalidArgument, naming the parameter.
void require_finite(const char* name, double value);

}  // namespace cairn::schedulers
