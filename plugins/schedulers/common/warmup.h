// Warm-up: the ramps of the first iterations, as functions of the iteration alone.
#pragma once
#include <cstdint>

#include <cairn/progress.h>

#include "common/settings.h"

namespace cairn::schedulers {

// The straight line from (0, from) to (length, to), and `to` at its end and behind it.
double ramp(int64_t iteration, int64_t length, double from, double to);

// Warm-up acts in iterations 0 to last_warmup_iteration, both included; -1: there is none.
// round(warmup_epochs * iterations per epoch), half to even, at least warmup_min_iterations.
int64_t last_warmup_iteration(const Settings& settings, const Plan& plan);

// Batches that one step sums in `iteration`.
int64_t accumulation_at(int64_t iteration, int64_t last_warmup, const Settings& settings, const Plan& plan);

}  // namespace cairn::schedulers
