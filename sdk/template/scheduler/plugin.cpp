// A cosine from the optimizer's rate down to final_ratio of it, after a linear warm-up.
#include <algorithm>
#include <cmath>
#include <numbers>

#include <cairn/scheduler.h>

namespace {

struct Params {
  double final_ratio = 0.01;
  int64_t warmup_iterations = 10;
};

class @Name@ final : public cairn::Scheduler {
 public:
  @Name@(const Params& params, const cairn::Context& context) : params_(params), base_(context.base_rates) {}

  // Pure: the same progress gives the same rates, so there is nothing to save.
  cairn::Rates rates(const cairn::Progress& at, cairn::GroupKind) const override {
    cairn::Rates rates = base_;
    rates.lr *= warmup(at) * cosine(at);
    return rates;
  }

  int64_t accumulation(const cairn::Progress& at) const override {
    return std::max<int64_t>(1, at.plan.nominal_batch / std::max<int64_t>(1, at.plan.batch_size));
  }

 private:
  double warmup(const cairn::Progress& at) const {
    const double length = static_cast<double>(params_.warmup_iterations);
    return std::min(1.0, static_cast<double>(at.iteration + 1) / (length + 1));
  }
  double cosine(const cairn::Progress& at) const {
    const double done = static_cast<double>(at.iteration) / static_cast<double>(at.plan.iterations());
    return params_.final_ratio + (1 - params_.final_ratio) * (1 + std::cos(std::numbers::pi * done)) / 2;
  }
  Params params_;
  cairn::Rates base_;
};

}  // namespace

CAIRN_PLUGIN("example.@name@", "1.0.0",
             cairn::scheduler<@Name@, Params>("@name@", "cosine decay to final_ratio")
                 .param("final_ratio", &Params::final_ratio, cairn::range(0.0, 1.0), "last rate / first rate")
                 .param("warmup_iterations", &Params::warmup_iterations, cairn::at_least(0), "linear warm-up",
                        cairn::unit::iterations))
