// Lion (Chen et al., Symbolic discovery of optimization algorithms, NeurIPS 2023): steps along the sign of a momentum.
#include <cmath>
#include <map>

#include <ATen/core/grad_mode.h>
#include <cairn/optimizer.h>

namespace {

struct Params { double lr = 0.0003, weight_decay = 0.01; };
class @Name@ final : public cairn::Optimizer {
 public:
  explicit @Name@(const Params& params) : params_(params) {}
  cairn::Rates base_rates() const override { return {params_.lr, std::nullopt, params_.weight_decay}; }

  cairn::StepResult step(const cairn::ParamGroups& groups, std::span<const cairn::Rates> rates,
                         const cairn::GradScale& scale) override {
    for (const cairn::Rates& r : rates)
      if (!std::isfinite(r.lr + r.weight_decay)) cairn::fail(cairn::Code::InvalidArgument, "@name@: a rate is not finite");
    if (scale.found_inf.defined() && scale.found_inf.item<float>() != 0) return cairn::StepResult::Skipped;
    const at::NoGradGuard no_grad;
    for (size_t g = 0; g < groups.size(); ++g)
      for (size_t i = 0; i < groups[g].params.size(); ++i)
        if (groups[g].params[i].grad().defined()) update(groups[g].names[i], groups[g].params[i], rates[g], scale);
    return cairn::StepResult::Applied;
  }
  void save(cairn::StateWriter& to) const override {
    for (const auto& [name, momentum] : momenta_) to.tensor("momentum/" + name, momentum);
  }
  void load(const cairn::StateReader& from) override {
    for (const std::string& name : from.names("momentum")) momenta_[name] = from.tensor("momentum/" + name);
  }

 private:
  void update(const std::string& name, at::Tensor weight, const cairn::Rates& r, const cairn::GradScale& scale) {
    const at::Tensor gradient = scale.scale.defined() ? weight.grad() / scale.scale : weight.grad();
    at::Tensor& m = momenta_.try_emplace(name, at::zeros_like(weight)).first->second;
    m = m.to(weight.device());  // a loaded one comes on the CPU
    weight.mul_(1 - r.lr * r.weight_decay).sub_((m * 0.9 + gradient * 0.1).sign(), r.lr);
    m = m * 0.99 + gradient * 0.01;
  }
  Params params_;
  std::map<std::string, at::Tensor> momenta_;  // by parameter
};

}  // namespace
CAIRN_PLUGIN("example.@name@", "1.0.0", cairn::optimizer<@Name@, Params>("@name@", "Lion: the sign of a momentum")
                 .param("lr", &Params::lr, cairn::range(0.0, 1.0), "size of a step", cairn::sweepable)
                 .param("weight_decay", &Params::weight_decay, cairn::range(0.0, 1.0), "decay of the weights"))
