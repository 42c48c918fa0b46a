#include <algorithm>
#include <cmath>

#include "common/curve_scheduler.h"

namespace cairn::schedulers {
namespace {

struct PlateauParams : Settings {
  std::string metric = "map50_95";
  std::string mode = "max";
  int64_t patience = 10;
  int64_t cooldown = 0;
  double gamma = 0.1;
  double min_change = 1e-4;
  double final_ratio = 0.0;
};

class Plateau final : public CurveScheduler {
 public:
  Plateau(const PlateauParams& params, const Context& context) : CurveScheduler(params, context), params_(params) {
    require_finite("gamma", params.gamma);
    require_finite("min_change", params.min_change);
    require_finite("final_ratio", params.final_ratio);
  }

  void observe(const Metrics& metrics) override;
  void save(StateWriter& to) const override;
  void load(const StateReader& from) override;

 private:
  double factor(double) const override { return factor_; }
  bool better(double value) const;

  PlateauParams params_;
  double factor_ = 1;
  std::optional<double> best_;
  int64_t waited_ = 0;   // evaluations since the best one
  int64_t resting_ = 0;  // evaluations for which nothing is counted
};

bool Plateau::better(double value) const {
  if (std::isnan(value)) return false;
  if (!best_) return true;
  return params_.mode == "max" ? value > *best_ + params_.min_change : value < *best_ - params_.min_change;
}

void Plateau::observe(const Metrics& metrics) {
  const auto found = metrics.find(params_.metric);
  if (found == metrics.end()) {
    std::string known;
    for (const auto& [name, value] : metrics) known += (known.empty() ? "" : ", ") + name;
    fail(Code::InvalidArgument, "scheduler plateau: the evaluation has no metric '", params_.metric,
         "'; set metric to one of: ", known.empty() ? "(none)" : known);
  }
  if (better(found->second)) {
    best_ = found->second;
    waited_ = 0;
  } else {
    ++waited_;
  }
  if (resting_ > 0) {
    --resting_;
    waited_ = 0;
  }
  if (waited_ > params_.patience) {
    factor_ = std::max(factor_ * params_.gamma, params_.final_ratio);
    resting_ = params_.cooldown;
    waited_ = 0;
  }
}

void Plateau::save(StateWriter& to) const {
  to.real("factor", factor_);
  to.integer("waited", waited_);
  to.integer("resting", resting_);
  if (best_) to.real("best", *best_);
}

void Plateau::load(const StateReader& from) {
  factor_ = from.real("factor");
  waited_ = from.integer("waited");
  resting_ = from.integer("resting");
  best_ = from.has("best") ? std::optional(from.real("best")) : std::nullopt;
  if (!std::isfinite(factor_) || factor_ < 0 || waited_ < 0 || resting_ < 0) {
    fail(Code::DataLoss, "scheduler plateau: stored state is out of range: factor ", factor_, ", waited ", waited_,
         ", resting ", resting_);
  }
}

}  // namespace
}  // namespace cairn::schedulers

CAIRN_PLUGIN("cairn.plateau", "1.0.0",
             cairn::scheduler<cairn::schedulers::Plateau, cairn::schedulers::PlateauParams>(
                 "plateau", "multiplies the rate by gamma when a metric stops improving")
                 .param("metric", &cairn::schedulers::PlateauParams::metric, "what is watched")
                 .param("mode", &cairn::schedulers::PlateauParams::mode, cairn::one_of({"max", "min"}),
                        "which way is better")
                 .param("patience", &cairn::schedulers::PlateauParams::patience, cairn::at_least(0),
                        "evaluations without improvement that are put up with")
                 .param("cooldown", &cairn::schedulers::PlateauParams::cooldown, cairn::at_least(0),
                        "evaluations after a fall that do not count")
                 .param("gamma", &cairn::schedulers::PlateauParams::gamma, cairn::Range{0.0, 1.0, true, true},
                        cairn::sweepable, "what a fall multiplies the rate by")
                 .param("min_change", &cairn::schedulers::PlateauParams::min_change, cairn::at_least(0),
                        "smaller improvements are none")
                 .param("final_ratio", &cairn::schedulers::PlateauParams::final_ratio, cairn::range(0, 1),
                        "lowest rate / base rate")
                 .with(cairn::schedulers::AddSettings{}))
