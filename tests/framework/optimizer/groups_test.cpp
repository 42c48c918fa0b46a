#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include "optimizer/groups.h"

namespace cairn::test {
namespace {

struct Net : torch::nn::Module {
  Net() {
    for (const char* name : {"conv_weight", "bn_weight", "conv_bias", "bn_bias", "implicit", "frozen_weight"}) {
      register_parameter(name, at::ones({2}), /*requires_grad=*/std::string_view(name) != "frozen_weight");
    }
  }
};

class Toy final : public Model {
 public:
  torch::nn::Module& module() override { return net_; }
  std::vector<at::Tensor> forward(const at::Tensor& images) override { return {images}; }
  LossTerms loss(const std::vector<at::Tensor>& outputs, const Targets&, const Progress&) override {
    return {outputs[0].sum(), {}};
  }
  at::Tensor decode(const std::vector<at::Tensor>& outputs) override { return outputs[0]; }
  GroupKind group_of(std::string_view name, const at::Tensor&) const override {
    if (name == "implicit") return GroupKind::Untrained;
    if (name.find("bias") != name.npos) return GroupKind::Bias;
    return name.find("bn") != name.npos ? GroupKind::NoDecay : GroupKind::Decay;
  }

 private:
  Net net_;
};

using Names = std::vector<std::string>;

TEST(Groups, ComeInTheAskedOrderWithTheModulesOrderInside) {
  Toy toy;
  const GroupKind order[] = {GroupKind::Bias, GroupKind::Decay, GroupKind::NoDecay};
  const ParamGroups groups = make_groups(toy, order);
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[0].names, (Names{"conv_bias", "bn_bias"}));
  EXPECT_EQ(groups[1].names, (Names{"conv_weight"})) << "frozen parameters are in no group";
  EXPECT_EQ(groups[2].names, (Names{"bn_weight"})) << "untrained parameters are in no group";
  EXPECT_TRUE(groups[0].params[0].is_same(toy.module().named_parameters()["conv_bias"]));
}

TEST(Groups, RefuseAnOrderThatLacksAKindOrRepeatsOne) {
  Toy toy;
  const GroupKind lacking[] = {GroupKind::Bias, GroupKind::Decay};
  const GroupKind twice[] = {GroupKind::Bias, GroupKind::Decay, GroupKind::Bias};
  const GroupKind untrained[] = {GroupKind::Untrained};
  EXPECT_THROW(make_groups(toy, lacking), Error);
  EXPECT_THROW(make_groups(toy, twice), Error);
  EXPECT_THROW(make_groups(toy, untrained), Error);
}

class ByKind final : public Scheduler {
 public:
  Rates rates(const Progress& at, GroupKind group) const override {
    return {static_cast<double>(group) + static_cast<double>(at.iteration), std::nullopt, 0};
  }
  int64_t accumulation(const Progress&) const override { return 1; }
};

TEST(Groups, GetTheRatesOfTheirKind) {
  Toy toy;
  const GroupKind order[] = {GroupKind::NoDecay, GroupKind::Decay, GroupKind::Bias};
  Progress at;
  at.iteration = 10;
  const auto rates = group_rates(ByKind(), at, make_groups(toy, order));
  ASSERT_EQ(rates.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(rates[i].lr, 10 + static_cast<double>(order[i]));
}

}  // namespace
}  // namespace cairn::test
