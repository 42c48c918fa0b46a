#include "optimizer/groups.h"

#include <algorithm>
#include <cmath>

#include <torch/nn/module.h>

namespace cairn {
namespace {

std::string_view name_of_group(GroupKind kind) {
  switch (kind) {
    case GroupKind::Decay:
      return "Decay";
    case GroupKind::NoDecay:
      return "NoDecay";
    case GroupKind::Bias:
      return "Bias";
    case GroupKind::Untrained:
      return "Untrained";
  }
  return "unknown";
}

void check_order(std::span<const GroupKind> order) {
  for (size_t i = 0; i < order.size(); ++i) {
    if (order[i] == GroupKind::Untrained || std::count(order.begin(), order.end(), order[i]) > 1) {
      fail(Code::InvalidArgument, "parameter groups: '", name_of_group(order[i]),
           "' cannot stand in the order of groups; expected Decay, NoDecay and Bias, each at most once");
    }
  }
}

}  // namespace

ParamGroups make_groups(Model& model, std::span<const GroupKind> order) {
  check_order(order);
  ParamGroups groups(order.size());
  for (size_t i = 0; i < order.size(); ++i) groups[i].kind = order[i];
  for (const auto& entry : model.module().named_parameters()) {
    if (!entry.value().requires_grad()) continue;
    const GroupKind kind = model.group_of(entry.key(), entry.value());
    if (kind == GroupKind::Untrained) continue;
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.kind == kind; });
    if (group == groups.end()) {
      fail(Code::InvalidArgument, "parameter groups: parameter '", entry.key(), "' belongs to group ",
           name_of_group(kind), ", which the order of groups lacks; add it to the order");
    }
    group->names.push_back(entry.key());
    group->params.push_back(entry.value());
  }
  return groups;
}

std::vector<Rates> group_rates(const Scheduler& scheduler, const Progress& at, const ParamGroups& groups) {
  std::vector<Rates> rates;
  rates.reserve(groups.size());
  for (const auto& group : groups) rates.push_back(scheduler.rates(at, group.kind));
  return rates;
}

int64_t base_accumulation(int64_t batch, int64_t nominal) {
  if (batch < 1 || nominal < 0) {
    fail(Code::InvalidArgument, "accumulation: expected batch >= 1 and nominal batch >= 0, found ", batch, " and ",
         nominal);
  }
  const double rounded = std::nearbyint(static_cast<double>(nominal) / static_cast<double>(batch));
  return std::max<int64_t>(static_cast<int64_t>(rounded), 1);
}

double scaled_weight_decay(double decay, int64_t batch, int64_t nominal) {
  const int64_t accumulation = base_accumulation(batch, nominal);
  if (nominal == 0) return decay;
  return decay * (static_cast<double>(batch * accumulation) / static_cast<double>(nominal));
}

}  // namespace cairn
