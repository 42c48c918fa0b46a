#include <algorithm>
#include <cmath>
#include <numbers>

#include "common/curve_scheduler.h"

namespace cairn::schedulers {
namespace {

struct CosineParams : Settings {
  double final_ratio = 0.01;
  double flat_fraction = 0.0;
};

class Cosine final : public CurveScheduler {
 public:
  Cosine(const CosineParams& params, const Context& context) : CurveScheduler(params, context), params_(params) {
    require_finite("final_ratio", params.final_ratio);
    flat_ = std::floor(params.flat_fraction * static_cast<double>(epochs()));
  }

 private:
  double factor(double epoch) const override {
    if (epoch <= flat_) return 1;
    const double done = (epoch - flat_) / (static_cast<double>(epochs()) - flat_);
    return (1 - std::cos(done * std::numbers::pi)) / 2 * (params_.final_ratio - 1) + 1;
  }

  CosineParams params_;
  double flat_ = 0;  // epochs before the fall
};

}  // namespace
}  // namespace cairn::schedulers

CAIRN_PLUGIN("cairn.cosine", "1.0.0",
             cairn::scheduler<cairn::schedulers::Cosine, cairn::schedulers::CosineParams>(
                 "cosine", "falls on half a cosine wave to final_ratio")
                 .param("final_ratio", &cairn::schedulers::CosineParams::final_ratio, cairn::at_least(0),
                        cairn::sweepable, "rate at the end of the run / base rate")
                 .param("flat_fraction", &cairn::schedulers::CosineParams::flat_fraction,
                        cairn::Range{0.0, 1.0, false, true}, cairn::unit::ratio,
                        "share of the epochs, rounded down, that keep the base rate before it falls")
                 .with(cairn::schedulers::AddSettings{}))
