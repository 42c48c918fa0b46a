#include <algorithm>

#include "common/curve_scheduler.h"

namespace cairn::schedulers {
namespace {

struct LinearParams : Settings {
  double final_ratio = 0.01;
  bool reach_end = false;
};

class Linear final : public CurveScheduler {
 public:
  Linear(const LinearParams& params, const Context& context) : CurveScheduler(params, context), params_(params) {
    require_finite("final_ratio", params.final_ratio);
  }

 private:
  double factor(double epoch) const override {
    const int64_t span = params_.reach_end ? std::max<int64_t>(epochs() - 1, 1) : epochs();
    return (1 - epoch / static_cast<double>(span)) * (1 - params_.final_ratio) + params_.final_ratio;
  }

  LinearParams params_;
};

}  // namespace
}  // namespace cairn::schedulers

CAIRN_PLUGIN("cairn.linear", "1.0.0",
             cairn::scheduler<cairn::schedulers::Linear, cairn::schedulers::LinearParams>(
                 "linear", "falls on a straight line to final_ratio")
                 .param("final_ratio", &cairn::schedulers::LinearParams::final_ratio, cairn::at_least(0),
                        cairn::sweepable, "rate at the end of the run / base rate")
                 .param("reach_end", &cairn::schedulers::LinearParams::reach_end,
                        "the last epoch already has the final rate; else it is one notch above")
                 .with(cairn::schedulers::AddSettings{}))
