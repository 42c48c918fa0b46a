#include "common/curve_scheduler.h"

#include <algorithm>
#include <cmath>

#include "common/warmup.h"

namespace cairn::schedulers {

void require_finite(const char* name, double value) {
  if (!std::isfinite(value)) fail(Code::InvalidArgument, "scheduler: expected a finite ", name, ", found ", value);
}

CurveScheduler::CurveScheduler(const Settings& settings, const Context& context)
    : settings_(settings), plan_(context.plan), base_(context.base_rates) {
  require_finite("warmup_epochs", settings.warmup_epochs);
  require_finite("warmup_bias_lr", settings.warmup_bias_lr);
  require_finite("warmup_momentum", settings.warmup_momentum);
  require_finite("warmup_end_momentum", settings.warmup_end_momentum);
  require_finite("optimizer.lr", base_.lr);
  require_finite("optimizer.weight_decay", base_.weight_decay);
  require_finite("optimizer.momentum", base_.momentum.value_or(0));
  last_warmup_ = last_warmup_iteration(settings_, plan_);
  if (settings_.lr_batch > 0 && plan_.batch_size > 0) {
    base_.lr *= static_cast<double>(plan_.batch_size) / static_cast<double>(settings_.lr_batch);
  }
}

double CurveScheduler::epoch_of(const Progress& at, bool late) const {
  double epoch = static_cast<double>(at.epoch);
  if (settings_.update == "iteration" && plan_.iterations_per_epoch > 0) {
    epoch = static_cast<double>(at.iteration) / static_cast<double>(plan_.iterations_per_epoch);
  }
  return late ? std::max(epoch - 1, 0.0) : epoch;
}

// The rate that the warm-up ended with stays for the rest of that epoch; the lateness begins with the next one.
bool CurveScheduler::late(const Progress& at) const {
  if (settings_.factor_epoch != "previous") return false;
  if (last_warmup_ < 0 || plan_.iterations_per_epoch < 1) return last_warmup_ < 0;
  return at.epoch > last_warmup_ / plan_.iterations_per_epoch;
}

Rates CurveScheduler::rates(const Progress& at, GroupKind group) const {
  const bool warm = at.iteration <= last_warmup_;
  const double epoch = epoch_of(at, late(at));
  Rates rates;
  rates.lr = base_.lr * factor(epoch);
  rates.weight_decay = group == GroupKind::Decay ? base_.weight_decay : 0;
  if (base_.momentum) {
    // Without a warm-up nothing ever replaces the momentum that the optimizer was built with.
    const bool replaced = settings_.warmup_end_momentum > 0 && last_warmup_ >= 0;
    rates.momentum = momentum(epoch, replaced ? settings_.warmup_end_momentum : *base_.momentum);
  }
  if (!warm) return rates;
  const double first = group == GroupKind::Bias ? settings_.warmup_bias_lr : 0;
  rates.lr = ramp(at.iteration, last_warmup_, first, rates.lr);
  if (rates.momentum) rates.momentum = ramp(at.iteration, last_warmup_, settings_.warmup_momentum, *rates.momentum);
  return rates;
}

int64_t CurveScheduler::accumulation(const Progress& at) const {
  return accumulation_at(at.iteration, last_warmup_, settings_, plan_);
}

bool CurveScheduler::step_due(const Progress& at) const {
  if (settings_.step_rule == "multiple") return at.iteration % accumulation(at) == 0;
  return Scheduler::step_due(at);
}

}  // namespace cairn::schedulers
