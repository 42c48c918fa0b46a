#include "common/curve_scheduler.h"

namespace cairn::schedulers {
namespace {

class Constant final : public CurveScheduler {
 public:
  using CurveScheduler::CurveScheduler;

 private:
  double factor(double) const override { return 1; }
};

}  // namespace
}  // namespace cairn::schedulers

CAIRN_PLUGIN("cairn.constant", "1.0.0",
             cairn::scheduler<cairn::schedulers::Constant, cairn::schedulers::Settings>(
                 "constant", "the same rate from the warm-up to the end")
                 .with(cairn::schedulers::AddSettings{}))
