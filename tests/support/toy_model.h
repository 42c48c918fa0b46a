// Four parameters with known values and gradients: the toy of tests/goldens/training/optimizer.json.
#pragma once
#include <string>

#include <cairn/optimizer.h>

#include "support/files.h"
#include "support/fill.h"
#include "support/memory_state.h"

namespace cairn::test {

class ToyModel {
 public:
  ToyModel() {
    groups.resize(2);
    groups[0].kind = GroupKind::Decay;
    groups[1].kind = GroupKind::Bias;
    add(groups[0], "toy.0.weight", {4, 3});
    add(groups[0], "toy.1.weight", {2, 4});
    add(groups[1], "toy.0.bias", {4});
    add(groups[1], "toy.1.bias", {2});
  }

  // Of step t: 2 * uniform("grad.<t>.<key>") - 1, times `factor`.
  void set_gradients(int t, double factor = 1) {
    for (auto& group : groups) {
      for (size_t i = 0; i < group.names.size(); ++i) {
        at::Tensor& param = group.params[i];
        const auto u = uniform("grad." + std::to_string(t) + "." + group.names[i], param.numel());
        const at::Tensor gradient = ((at::tensor(u, at::kDouble) * 2 - 1).to(at::kFloat) * factor).view(param.sizes());
        param.mutable_grad() = gradient;
      }
    }
  }

  at::Tensor param(const std::string& name) const {
    for (const auto& group : groups) {
      for (size_t i = 0; i < group.names.size(); ++i) {
        if (group.names[i] == name) return group.params[i];
      }
    }
    fail(Code::NotFound, "no parameter ", name);
  }

  ParamGroups groups;  // weights, biases

 private:
  static void add(ParamGroup& group, const std::string& name, at::IntArrayRef shape) {
    int64_t count = 1, fan_in = 1;
    for (const int64_t s : shape) count *= s;
    for (size_t i = 1; i < shape.size(); ++i) fan_in *= shape[i];
    const double size = shape.size() > 1 ? 1.7 * std::sqrt(3.0 / static_cast<double>(fan_in)) : 0.1;
    const at::Tensor u = at::tensor(uniform(name, count), at::kDouble) * 2 - 1;
    group.names.push_back(name);
    group.params.push_back((u * size).view(shape).to(at::kFloat).requires_grad_(true));
  }
};

}  // namespace cairn::test
