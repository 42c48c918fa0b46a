// Stages of a run whose model is one convolution with batch norm; batches are made by hand.
#pragma once
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <cairn/random.h>

#include "dataset/loader.h"
#include "optimizer/ema.h"
#include "optimizer/groups.h"
#include "train/stages.h"

namespace cairn::test {

struct ToyModule : torch::nn::Module {
  torch::nn::Conv2d conv = nullptr;
  torch::nn::BatchNorm2d norm = nullptr;
  explicit ToyModule(uint64_t seed) {
    conv = register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 4, 3).bias(false)));
    norm = register_module("norm", torch::nn::BatchNorm2d(4));
    const at::NoGradGuard no_grad;
    Rng rng({seed});
    float* weights = conv->weight.data_ptr<float>();
    for (int64_t i = 0; i < conv->weight.numel(); ++i) weights[i] = static_cast<float>(0.3 * rng.normal());
    conv->weight.set_data(conv->weight.contiguous(at::MemoryFormat::ChannelsLast));
  }
};

class ToyDetector final : public Model {
 public:
  explicit ToyDetector(uint64_t seed) : module_(std::make_shared<ToyModule>(seed)) {}
  torch::nn::Module& module() override { return *module_; }
  std::vector<at::Tensor> forward(const at::Tensor& images) override {
    return {module_->norm->forward(module_->conv->forward(images))};
  }
  LossTerms loss(const std::vector<at::Tensor>& outputs, const Targets&, const Progress&) override {
    const at::Tensor value = (outputs[0] - 0.5).square().mean() * factor;
    return {value, {{"toy", value.detach()}}};
  }
  at::Tensor decode(const std::vector<at::Tensor>& outputs) override { return outputs[0]; }
  GroupKind group_of(std::string_view name, const at::Tensor&) const override {
    return name == "conv.weight" ? GroupKind::Decay : GroupKind::NoDecay;
  }
  double factor = 1;  // of the loss: infinity makes it not finite, 1e30 the gradients

 private:
  std::shared_ptr<ToyModule> module_;  // co-owned by torch's module tree
};

// Heavy-ball momentum, as state by name.
class ToyOptimizer final : public Optimizer {
 public:
  Rates base_rates() const override { return {0.1, 0.9, 0}; }
  StepResult step(const ParamGroups& groups, std::span<const Rates> rates, const GradScale&) override {
    const at::NoGradGuard no_grad;
    for (size_t g = 0; g < groups.size(); ++g) {
      for (size_t i = 0; i < groups[g].params.size(); ++i) {
        at::Tensor param = groups[g].params[i];
        at::Tensor& speed = speeds_[groups[g].names[i]];
        if (!speed.defined()) speed = at::zeros_like(param);
        speed.mul_(0.9).add_(param.grad());
        param.sub_(speed, rates[g].lr);
      }
    }
    return StepResult::Applied;
  }
  void save(StateWriter& to) const override {
    for (const auto& [name, speed] : speeds_) to.tensor("speed/" + name, speed);
  }
  void load(const StateReader& from) override {
    for (const std::string& name : from.names("speed")) speeds_[name] = from.tensor("speed/" + name).clone();
  }

 private:
  std::map<std::string, at::Tensor> speeds_;
};

class ToyScheduler final : public Scheduler {
 public:
  explicit ToyScheduler(int64_t accumulation) : accumulation_(accumulation) {}
  Rates rates(const Progress&, GroupKind) const override { return {0.05, std::nullopt, 0}; }
  int64_t accumulation(const Progress&) const override { return accumulation_; }

 private:
  int64_t accumulation_;
};

class NoPictures final : public Dataset {
 public:
  int64_t size() const override { return 1; }
  ClassNames classes() const override { return {"toy"}; }
  Record at(int64_t) const override { return {}; }
  std::string fingerprint() const override { return "toy"; }
  const std::vector<Problem>& problems() const override { return problems_; }

 private:
  std::vector<Problem> problems_;
};

inline constexpr int64_t kToyEpoch = 4;  // iterations

inline Stages toy_stages(int64_t accumulation, uint64_t seed = 1) {
  Stages stages;
  stages.train.dataset = std::make_unique<NoPictures>();
  stages.model = std::make_unique<ToyDetector>(seed);
  stages.optimizer = std::make_unique<ToyOptimizer>();
  stages.scheduler = std::make_unique<ToyScheduler>(accumulation);
  constexpr GroupKind kOrder[] = {GroupKind::Decay, GroupKind::NoDecay};
  stages.groups = make_groups(*stages.model, kOrder);
  stages.ema = std::make_unique<Ema>(named_state(stages.model->module()), EmaSettings{});
  stages.plan.iterations_per_epoch = kToyEpoch;
  stages.plan.epochs = 3;
  return stages;
}

// A function of its number, as every batch of a run is.
inline Batch toy_batch(uint64_t number) {
  Batch batch;
  batch.images_BCHW = at::empty({2, 3, 8, 8}, at::kByte);
  Rng rng({number});
  uint8_t* pixels = batch.images_BCHW.data_ptr<uint8_t>();
  for (int64_t i = 0; i < batch.images_BCHW.numel(); ++i) pixels[i] = static_cast<uint8_t>(255 * rng.uniform());
  batch.rows_N6 = at::zeros({0, 6});
  return batch;
}

inline std::map<std::string, at::Tensor> copy_of(const NamedTensors& entries) {
  std::map<std::string, at::Tensor> copies;
  for (const auto& [name, tensor] : entries) copies[name] = tensor.clone();
  return copies;
}

}  // namespace cairn::test
