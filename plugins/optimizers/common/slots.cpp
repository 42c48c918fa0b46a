#include "common/slots.h"

#include <map>

#include "common/update.h"

namespace cairn::optimizers {
namespace {

constexpr std::string_view kStep = "step";

// A defined order, so that equal states are written equally.
template <class T>
std::map<std::string, T> in_order(const std::unordered_map<std::string, T>& entries) {
  return {entries.begin(), entries.end()};
}

}  // namespace

at::Tensor& Slots::of(const std::string& name, const at::Tensor& param) {
  at::Tensor& tensor = tensors_[name];
  if (!tensor.defined()) {
    tensor = at::zeros_like(param);
  } else if (tensor.sizes() != param.sizes()) {
    fail(Code::DataLoss, "optimizer state '", what_, "/", name, "' has shape ", tensor.sizes(), ", the parameter has ",
         param.sizes(), "; is this the snapshot of another model?");
  } else if (!same_layout(tensor, param) || tensor.device() != param.device() ||
             tensor.scalar_type() != param.scalar_type()) {
    tensor = at::empty_like(param).copy_(tensor);
  }
  return tensor;
}

void Slots::save(StateWriter& to) const {
  for (const auto& [name, tensor] : in_order(tensors_)) to.tensor(cat(what_, "/", name), tensor);
}

void Slots::load(const StateReader& from) {
  tensors_.clear();
  for (const auto& name : from.names(what_)) tensors_[name] = from.tensor(cat(what_, "/", name)).clone();
}

int64_t StepCounts::at(const std::string& name) const {
  const auto found = counts_.find(name);
  return found == counts_.end() ? 0 : found->second;
}

void StepCounts::save(StateWriter& to) const {
  for (const auto& [name, count] : in_order(counts_)) to.integer(cat(kStep, "/", name), count);
}

void StepCounts::load(const StateReader& from) {
  counts_.clear();
  for (const auto& name : from.names(kStep)) {
    const int64_t count = from.integer(cat(kStep, "/", name));
    if (count < 0) fail(Code::DataLoss, "optimizer state 'step/", name, "': expected at least 0, found ", count);
    counts_[name] = count;
  }
}

}  // namespace cairn::optimizers
