#include "common/warmup.h"

#include <algorithm>
#include <cmath>

namespace cairn::schedulers {
namespace {

// Half to even, as std::nearbyint does in the default rounding mode.
int64_t rounded(double value) {
  return static_cast<int64_t>(std::nearbyint(value));
}

double batches_per_step(const Plan& plan) {
  if (plan.batch_size < 1 || plan.nominal_batch < 1) return 1;
  return static_cast<double>(plan.nominal_batch) / static_cast<double>(plan.batch_size);
}

}  // namespace

double ramp(int64_t iteration, int64_t length, double from, double to) {
  if (iteration >= length) return to;
  return (to - from) / static_cast<double>(length) * static_cast<double>(iteration) + from;
}

int64_t last_warmup_iteration(const Settings& settings, const Plan& plan) {
  if (settings.warmup_epochs <= 0) return -1;
  double epochs = settings.warmup_epochs;
  if (settings.warmup_limit == "all_but_one_epoch") epochs = std::min(epochs, static_cast<double>(plan.epochs - 1));
  const int64_t length =
      std::max(rounded(epochs * static_cast<double>(plan.iterations_per_epoch)), settings.warmup_min_iterations);
  return length > 0 ? length : -1;
}

int64_t accumulation_at(int64_t iteration, int64_t last_warmup, const Settings& settings, const Plan& plan) {
  const double wanted = batches_per_step(plan);
  const int64_t base = std::max<int64_t>(rounded(wanted), 1);
  const std::string& rule = settings.accumulation_ramp;
  if (rule == "none") return base;
  const int64_t capped =
      rule == "integer" ? std::clamp<int64_t>(base, 1, std::max<int64_t>(plan.iterations(), 1)) : base;
  if (iteration > last_warmup) return capped;
  const double target = rule == "integer" ? static_cast<double>(capped) : wanted;
  return std::max<int64_t>(1, rounded(ramp(iteration, last_warmup, 1, target)));
}

}  // namespace cairn::schedulers
