#include "common/update.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cairn::optimizers {
namespace {

at::Tensor in_layout_of(const at::Tensor& param, const at::Tensor& gradient) {
  return same_layout(param, gradient) ? gradient : at::empty_like(param).copy_(gradient);
}

}  // namespace

bool same_layout(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return false;
  for (int64_t i = 0; i < a.dim(); ++i) {
    if (a.size(i) > 1 && a.stride(i) != b.stride(i)) return false;
  }
  return true;
}

std::vector<UpdateList> update_lists(const ParamGroups& groups) {
  std::vector<UpdateList> lists;
  for (size_t g = 0; g < groups.size(); ++g) {
    const size_t first = lists.size();
    for (size_t i = 0; i < groups[g].params.size(); ++i) {
      const at::Tensor& param = groups[g].params[i];
      if (!param.grad().defined()) continue;
      auto list = std::find_if(lists.begin() + first, lists.end(), [&](const UpdateList& l) {
        return l.params[0].device() == param.device() && l.params[0].scalar_type() == param.scalar_type();
      });
      if (list == lists.end()) list = lists.insert(lists.end(), UpdateList{g, {}, {}, {}});
      list->names.push_back(groups[g].names[i]);
      list->params.push_back(param);
      list->gradients.push_back(in_layout_of(param, param.grad()));
    }
  }
  return lists;
}

void check_rates(std::string_view optimizer, const ParamGroups& groups, std::span<const Rates> rates) {
  if (rates.size() != groups.size()) {
    fail(Code::InvalidArgument, "optimizer ", optimizer, ": expected rates for ", groups.size(), " groups, found ",
         rates.size());
  }
  constexpr double kEndless = std::numeric_limits<double>::infinity();
  for (const Rates& r : rates) {
    check_setting(optimizer, "lr", r.lr, 0, kEndless);
    check_setting(optimizer, "weight_decay", r.weight_decay, 0, kEndless);
    if (r.momentum) check_setting(optimizer, "momentum", *r.momentum, 0, 1);
  }
}

void check_setting(std::string_view optimizer, std::string_view name, double value, double low, double high) {
  if (value >= low && value < high) return;
  fail(Code::InvalidArgument, "optimizer ", optimizer, ": expected a finite ", name, " of at least ", low,
       std::isfinite(high) ? cat(" and below ", high) : std::string(), ", found ", value);
}

bool found_inf(const GradScale& scale) {
  return scale.found_inf.defined() && scale.found_inf.item<float>() != 0;
}

std::optional<at::Tensor> optional_scale(const GradScale& scale) {
  return scale.scale.defined() ? std::optional(scale.scale) : std::nullopt;
}

}  // namespace cairn::optimizers
