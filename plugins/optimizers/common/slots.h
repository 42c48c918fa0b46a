// One state tensor per parameter, kept by the parameter's name.
#pragma once
#include <string>
#include <unordered_map>

#include <ATen/ATen.h>

#include <cairn/state.h>

namespace cairn::optimizers {

// [train thread] `what` is the path below the optimizer's state: "momentum" -> "momentum/<parameter>".
class Slots {
 public:
  explicit Slots(std::string what) : what_(std::move(what)) {}
  // The tensor of a parameter, zeros when new, with the parameter's type, device and memory layout. DataLoss when a
  // loaded one has another shape.
  at::Tensor& of(const std::string& name, const at::Tensor& param);
  void save(StateWriter& to) const;
  void load(const StateReader& from);

 private:
  std::string what_;
  std::unordered_map<std::string, at::Tensor> tensors_;
};

// An update count per parameter, under the path "step/<parameter>".
class StepCounts {
 public:
  int64_t& of(const std::string& name) { return counts_[name]; }
  int64_t at(const std::string& name) const;
  void save(StateWriter& to) const;
  void load(const StateReader& from);

 private:
  std::unordered_map<std::string, int64_t> counts_;
};

}  // namespace cairn::optimizers
