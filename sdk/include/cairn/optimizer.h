// Kind optimizer: one update of the weights from their gradients.
#pragma once
#include <span>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include <cairn/plugin.h>

namespace cairn {

// Parameters that share rates. Names and tensors are parallel, in the module's order.
struct ParamGroup {
  GroupKind kind = GroupKind::Decay;
  std::vector<std::string> names;
  std::vector<at::Tensor> params;
};
using ParamGroups = std::vector<ParamGroup>;

// Loss scaling of fp16: gradients have been multiplied by `scale`; both undefined when there is none. When found_inf is
// not 0 the step must leave weights and state untouched.
struct GradScale {
  at::Tensor scale;      // float32 scalar
  at::Tensor found_inf;  // float32 scalar, 0 or 1
};

enum class StepResult { Applied, Skipped };

// [train thread] State is kept by parameter name, so that it survives another order of parameters.
class CAIRN_API Optimizer : public Plugin {
 public:
  ~Optimizer() override;
  // What the optimizer's table asks for. A momentum is given when the scheduler may ramp it.
  virtual Rates base_rates() const = 0;
  // One update. rates[i] belongs to groups[i]. Parameters without a gradient stay as they are. Gradients are not
  // cleared.
  virtual StepResult step(const ParamGroups& groups, std::span<const Rates> rates, const GradScale& scale) = 0;
};

template <class Class, class Params = NoParams>
FactoryBuilder<Class, Params> optimizer(std::string type, std::string help) {
  return {Kind::Optimizer, std::move(type), std::move(help)};
}

}  // namespace cairn
