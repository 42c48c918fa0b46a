#include <cmath>

#include "common/curve_scheduler.h"

namespace cairn::schedulers {
namespace {

struct ExponentialParams : Settings {
  double final_ratio = 0.01;
};

class Exponential final : public CurveScheduler {
 public:
  Exponential(const ExponentialParams& params, const Context& context)
      : CurveScheduler(params, context), params_(params) {
    require_finite("final_ratio", params.final_ratio);
  }

 private:
  double factor(double epoch) const override {
    return std::pow(params_.final_ratio, epoch / static_cast<double>(epochs()));
  }

  ExponentialParams params_;
};

}  // namespace
}  // namespace cairn::schedulers

CAIRN_PLUGIN("cairn.exponential", "1.0.0",
             cairn::scheduler<cairn::schedulers::Exponential, cairn::schedulers::ExponentialParams>(
                 "exponential", "falls by the same share every epoch, to final_ratio")
                 .param("final_ratio", &cairn::schedulers::ExponentialParams::final_ratio, cairn::more_than(0),
                        cairn::sweepable, "rate at the end of the run / base rate")
                 .with(cairn::schedulers::AddSettings{}))
