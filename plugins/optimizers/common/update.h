// What every optimizer does before its kernel runs.
#pragma once
#include <optional>
#include <string_view>

#include <cairn/optimizer.h>

namespace cairn::optimizers {

// Parameters that one call of a fused kernel updates: same group, device and type, all with a gradient.
struct UpdateList {
  size_t group = 0;
  std::vector<std::string> names;
  std::vector<at::Tensor> params;
  std::vector<at::Tensor> gradients;  // in the memory layout of their parameter
};

// Whether equal indices lie at equal places in memory. The fused kernels walk memory, not indices.
bool same_layout(const at::Tensor& a, const at::Tensor& b);

std::vector<UpdateList> update_lists(const ParamGroups& groups);

// InvalidArgument unless there are rates for every group, all finite and none negative.
void check_rates(std::string_view optimizer, const ParamGroups& groups, std::span<const Rates> rates);

// InvalidArgument unless the value is finite and in [low, high).
void check_setting(std::string_view optimizer, std::string_view name, double value, double low, double high);

// Whether the step must be skipped.
bool found_inf(const GradScale& scale);

// What the kernels take: empty when there is no scaling.
std::optional<at::Tensor> optional_scale(const GradScale& scale);

}  // namespace cairn::optimizers
