// What holds for every optimizer, whatever its rule.
#include <limits>

#include <gtest/gtest.h>

#include "plugin/registry.h"
#include "support/files.h"
#include "support/toy_model.h"

namespace cairn::test {
namespace {

class EveryOptimizer : public testing::TestWithParam<const char*> {
 protected:
  EveryOptimizer() { registry_.add_folder(plugin_dir()); }
  std::unique_ptr<Optimizer> make(const Table& table = {}) {
    return registry_.create<Optimizer>(GetParam(), table, Context{});
  }
  static std::vector<Rates> rates_of(const Optimizer& optimizer) {
    return std::vector<Rates>(2, optimizer.base_rates());
  }
  static void step(Optimizer& optimizer, ToyModel& toy, int t) {
    toy.set_gradients(t);
    ASSERT_EQ(optimizer.step(toy.groups, rates_of(optimizer), {}), StepResult::Applied);
  }
  static void expect_equal(const ToyModel& a, const ToyModel& b) {
    for (const auto& group : a.groups) {
      for (const auto& name : group.names) EXPECT_TRUE(at::equal(a.param(name), b.param(name))) << name;
    }
  }
  Registry registry_;
};

TEST_P(EveryOptimizer, ContinuesBitExactlyFromASavedState) {
  ToyModel straight, resumed;
  const auto one = make(), two = make();
  for (int t = 0; t < 7; ++t) {
    step(*one, straight, t);
    step(*two, resumed, t);
  }
  MemoryState state;
  two->save(state);
  const auto three = make();
  three->load(state);
  for (int t = 7; t < 12; ++t) {
    step(*one, straight, t);
    step(*three, resumed, t);
  }
  expect_equal(straight, resumed);
}

TEST_P(EveryOptimizer, KeepsStateByNameNotByOrder) {
  ToyModel straight, reordered;
  const auto one = make(), two = make();
  step(*one, straight, 0);
  step(*two, reordered, 0);
  std::swap(reordered.groups[0].names[0], reordered.groups[0].names[1]);
  std::swap(reordered.groups[0].params[0], reordered.groups[0].params[1]);
  step(*one, straight, 1);
  step(*two, reordered, 1);
  expect_equal(straight, reordered);
}

TEST_P(EveryOptimizer, LeavesEverythingUntouchedOnAnOverflow) {
  ToyModel toy, untouched;
  const auto optimizer = make();
  toy.set_gradients(0);
  const GradScale overflow{{}, at::ones({}, at::kFloat)};
  EXPECT_EQ(optimizer->step(toy.groups, rates_of(*optimizer), overflow), StepResult::Skipped);
  expect_equal(toy, untouched);
  MemoryState state;
  optimizer->save(state);
  EXPECT_TRUE(state.entries.empty());
}

TEST_P(EveryOptimizer, DividesGradientsByTheScale) {
  ToyModel plain, scaled;
  const auto one = make(), two = make();
  plain.set_gradients(0);
  scaled.set_gradients(0, 1024);
  one->step(plain.groups, rates_of(*one), {});
  two->step(scaled.groups, rates_of(*two), {at::full({}, 1024.0, at::kFloat), at::zeros({}, at::kFloat)});
  expect_equal(plain, scaled);
}

TEST_P(EveryOptimizer, SkipsParametersWithoutGradient) {
  ToyModel toy, untouched;
  const auto optimizer = make();
  toy.set_gradients(0);
  toy.groups[0].params[0].mutable_grad().reset();
  optimizer->step(toy.groups, rates_of(*optimizer), {});
  EXPECT_TRUE(at::equal(toy.param("toy.0.weight"), untouched.param("toy.0.weight")));
  EXPECT_FALSE(at::equal(toy.param("toy.1.weight"), untouched.param("toy.1.weight")));
}

TEST_P(EveryOptimizer, UpdatesByIndexWhenTheGradientLiesOtherwiseInMemory) {
  const at::Tensor start = at::arange(2 * 3 * 4 * 4, at::kFloat).view({2, 3, 4, 4}).div(50);
  const at::Tensor gradient = start.flip(0).sin();
  std::vector<at::Tensor> results;
  for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    ParamGroups groups(1);
    groups[0].names = {"w"};
    groups[0].params = {start.clone(at::MemoryFormat::ChannelsLast).requires_grad_(true)};
    groups[0].params[0].mutable_grad() = gradient.contiguous(format);
    const auto optimizer = make();
    const std::vector<Rates> rates(1, optimizer->base_rates());
    for (int t = 0; t < 3; ++t) optimizer->step(groups, rates, {});
    results.push_back(groups[0].params[0].detach());
  }
  EXPECT_TRUE(at::allclose(results[0], results[1], 0, 1e-6));
}

TEST_P(EveryOptimizer, RefusesNonFiniteRates) {
  ToyModel toy;
  toy.set_gradients(0);
  const auto optimizer = make();
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -1.0}) {
    for (double Rates::*field : {&Rates::lr, &Rates::weight_decay}) {
      auto rates = rates_of(*optimizer);
      rates[1].*field = bad;
      EXPECT_THROW(optimizer->step(toy.groups, rates, {}), Error) << bad;
    }
  }
  EXPECT_THROW(optimizer->step(toy.groups, std::vector<Rates>(1), {}), Error);
}

TEST_P(EveryOptimizer, RefusesNonFiniteParameters) {
  for (const char* name : {"lr", "momentum", "weight_decay"}) {
    EXPECT_THROW(make({{name, std::numeric_limits<double>::quiet_NaN()}}), Error) << name;
    EXPECT_THROW(make({{name, -0.5}}), Error) << name;
  }
}

TEST_P(EveryOptimizer, RefusesTheStateOfAnotherShape) {
  ToyModel toy;
  const auto optimizer = make();
  step(*optimizer, toy, 0);
  MemoryState state;
  optimizer->save(state);
  for (auto& [path, entry] : state.entries) {
    if (std::holds_alternative<at::Tensor>(entry)) entry = at::zeros({5, 5});
  }
  const auto other = make();
  other->load(state);
  EXPECT_THROW(other->step(toy.groups, rates_of(*other), {}), Error);
}

INSTANTIATE_TEST_SUITE_P(Optimizers, EveryOptimizer, testing::Values("sgd", "adam", "adamw"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace cairn::test
