// Parameter groups and the rules that depend on the batch size alone.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <cairn/model.h>
#include <cairn/optimizer.h>
#include <cairn/scheduler.h>

namespace cairn {

// The trained parameters of `model`, one group per entry of `order` (none twice), names in the module's order.
// Parameters that are Untrained or do not require a gradient are in no group; a kind that a parameter has and `order`
// lacks is InvalidArgument.
ParamGroups make_groups(Model& model, std::span<const GroupKind> order);

// rates[i] of groups[i] in iteration `at`.
std::vector<Rates> group_rates(const Scheduler& scheduler, const Progress& at, const ParamGroups& groups);

// Batches that a step sums outside the warm-up: nominal / batch, rounded half to even, at least 1.
int64_t base_accumulation(int64_t batch, int64_t nominal);

// `decay` is meant for `nominal` images a step; scaled to what a step really sums. Equal to `decay` when batch divides
// nominal.
double scaled_weight_decay(double decay, int64_t batch, int64_t nominal);

}  // namespace cairn
