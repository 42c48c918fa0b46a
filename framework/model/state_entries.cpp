#include "model/state_entries.h"

#include <torch/nn/module.h>

namespace cairn {

namespace {

void collect(const torch::nn::Module& module, const std::string& prefix, std::vector<StateEntry>& entries) {
  for (const auto& item : module.named_parameters(false)) {
    entries.push_back({prefix + item.key(), item.value(), true});
  }
  for (const auto& item : module.named_buffers(false)) {
    entries.push_back({prefix + item.key(), item.value(), false});
  }
  for (const auto& item : module.named_children()) collect(*item.value(), prefix + item.key() + ".", entries);
}

}  // namespace

std::vector<StateEntry> state_entries(const torch::nn::Module& module) {
  std::vector<StateEntry> entries;
  collect(module, "", entries);
  return entries;
}

NamedTensors named_state(const torch::nn::Module& module) {
  NamedTensors named;
  for (const StateEntry& entry : state_entries(module)) named.emplace_back(entry.name, entry.tensor.detach());
  return named;
}

}  // namespace cairn
