// The 1cycle policy (Smith and Topin 2018, "Super-convergence"): up to the base rate, down to nearly nothing, momentum
// the other way round. Read every iteration and without a warm-up of its own, unless asked otherwise.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "common/curve_scheduler.h"

namespace cairn::schedulers {
namespace {

struct OneCycleParams : Settings {
  OneCycleParams() {
    warmup_epochs = 0;
    update = "iteration";
  }
  double start_ratio = 0.04;
  double final_ratio = 0.0001;
  double rise_fraction = 0.3;
  double peak_momentum = 0.85;
};

double half_wave(double from, double to, double done) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * done)) / 2;
}

class OneCycle final : public CurveScheduler {
 public:
  OneCycle(const OneCycleParams& params, const Context& context) : CurveScheduler(params, context), params_(params) {
    require_finite("start_ratio", params.start_ratio);
    require_finite("final_ratio", params.final_ratio);
  }

 private:
  double factor(double epoch) const override { return wave(epoch, params_.start_ratio, 1, params_.final_ratio); }
  double momentum(double epoch, double base) const override {
    return params_.peak_momentum > 0 ? wave(epoch, base, params_.peak_momentum, base) : base;
  }
  double wave(double epoch, double start, double peak, double end) const {
    const double done = std::clamp(epoch / static_cast<double>(epochs()), 0.0, 1.0), rise = params_.rise_fraction;
    return done < rise ? half_wave(start, peak, done / rise) : half_wave(peak, end, (done - rise) / (1 - rise));
  }

  OneCycleParams params_;
};

}  // namespace
}  // namespace cairn::schedulers

CAIRN_PLUGIN("cairn.one_cycle", "1.0.0",
             cairn::scheduler<cairn::schedulers::OneCycle, cairn::schedulers::OneCycleParams>(
                 "one_cycle", "rises to the base rate, then falls to final_ratio; momentum the other way round")
                 .param("start_ratio", &cairn::schedulers::OneCycleParams::start_ratio, cairn::at_least(0),
                        "rate at the start / base rate")
                 .param("final_ratio", &cairn::schedulers::OneCycleParams::final_ratio, cairn::at_least(0),
                        cairn::sweepable, "rate at the end / base rate")
                 .param("rise_fraction", &cairn::schedulers::OneCycleParams::rise_fraction,
                        cairn::Range{0.0, 1.0, false, true}, cairn::unit::ratio, "share of the run that rises")
                 .param("peak_momentum", &cairn::schedulers::OneCycleParams::peak_momentum,
                        cairn::Range{0.0, 1.0, false, true}, "momentum at the highest rate; 0: it stays")
                 .with(cairn::schedulers::AddSettings{}))
