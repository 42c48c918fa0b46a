// A network's state in the order and under the names in which it is published.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

namespace torch::nn {
class Module;
}

namespace cairn {

// The tensor shares its storage with the module.
struct StateEntry {
  std::string name;
  at::Tensor tensor;
  bool parameter = true;  // otherwise a buffer
};

// Module by module: its parameters, its buffers, then its children, all as registered.
std::vector<StateEntry> state_entries(const torch::nn::Module& module);

// The same as names and detached tensors that share the module's memory.
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;
NamedTensors named_state(const torch::nn::Module& module);

}  // namespace cairn
