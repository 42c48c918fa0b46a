#include <cmath>

#include "common/curve_scheduler.h"

namespace cairn::schedulers {
namespace {

struct StepParams : Settings {
  double every = 30;
  std::vector<double> at;
  double gamma = 0.1;
};

class Step final : public CurveScheduler {
 public:
  Step(const StepParams& params, const Context& context) : CurveScheduler(params, context), params_(params) {
    require_finite("gamma", params.gamma);
    require_finite("every", params.every);
  }

 private:
  double factor(double epoch) const override {
    double falls = std::floor(epoch / params_.every);
    if (!params_.at.empty()) {
      falls = 0;
      for (const double milestone : params_.at) falls += epoch >= milestone;
    }
    return std::pow(params_.gamma, falls);
  }

  StepParams params_;
};

}  // namespace
}  // namespace cairn::schedulers

CAIRN_PLUGIN("cairn.step", "1.0.0",
             cairn::scheduler<cairn::schedulers::Step, cairn::schedulers::StepParams>(
                 "step", "multiplies the rate by gamma now and then")
                 .param("every", &cairn::schedulers::StepParams::every, cairn::more_than(0), cairn::unit::epochs,
                        "epochs between two falls")
                 .param("at", &cairn::schedulers::StepParams::at, cairn::at_least(0), cairn::unit::epochs,
                        "epochs at which the rate falls; replaces every")
                 .param("gamma", &cairn::schedulers::StepParams::gamma, cairn::more_than(0), cairn::sweepable,
                        "what a fall multiplies the rate by")
                 .with(cairn::schedulers::AddSettings{}))
