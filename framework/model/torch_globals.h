// The names that pickles of torch.save may refer to. None of them is ever called: they say how to read what follows.
#pragma once
#include <optional>
#include <string_view>

#include <ATen/ATen.h>

namespace cairn {

inline constexpr std::string_view kOrderedDict = "collections OrderedDict";
inline constexpr std::string_view kRebuildTensor = "torch._utils _rebuild_tensor_v2";
inline constexpr std::string_view kRebuildParameter = "torch._utils _rebuild_parameter";

// "module name", of a list: containers, tensors, number types, and the classes of modules.
bool is_known_torch_global(std::string_view global);
// Classes of networks, of PyTorch and of the published trainers.
bool is_torch_module(std::string_view global);
inline bool is_tensor_call(std::string_view global) {
  return global == kRebuildTensor || global == kRebuildParameter;
}
// Of "torch FloatStorage" and its like.
std::optional<at::ScalarType> storage_type(std::string_view global);

}  // namespace cairn
