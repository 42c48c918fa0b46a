// What the optimizers name as the origin of their newest state, evaluated here with plain float32 operations.
#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include <cairn/prediction.h>

#include "plugin/registry.h"
#include "support/files.h"
#include "support/toy_model.h"

namespace cairn::test {
namespace {

// The state tree around one step.
struct Tree {
  static MemoryState of(const ToyModel& toy, const Optimizer& optimizer) {
    MemoryState state;
    for (const auto& group : toy.groups) {
      for (const auto& name : group.names) state.tensor("model/" + name, toy.param(name));
    }
    ScopedWriter own(state, "optimizer");
    optimizer.save(own);
    return state;
  }
};

at::Tensor evaluate(const Prediction& p, const MemoryState& base, const MemoryState& now, const at::Tensor& gradient) {
  std::vector<at::Tensor> x;
  for (const auto& operand : p.operands) {
    x.push_back((operand.from == PredictionOperand::From::This ? now : base).tensor(operand.path).to(at::kDouble));
  }
  const auto& s = p.scalars;
  if (p.formula == "sgd/1") return x[0] - s[0] * ((1 + s[1]) * x[1] - s[1] * x[2]);
  if (p.formula == "bf16grad/1") return s[0] * x[0] + (gradient.to(at::kDouble) + s[1] * x[1]);
  if (p.formula == "adam_square/1") {
    const at::Tensor g = x[1] + (x[2] - x[1]) / (1 - s[0]);
    return s[1] * x[0] + (1 - s[1]) * g * g;
  }
  if (p.formula == "amsgrad/1") return at::maximum(x[0], x[1]);
  if (p.formula == "adam/1") {
    const at::Tensor divisor = x[2].sqrt() / std::sqrt(1 - std::pow(s[2], s[5])) + s[3];
    return x[0] * (1 - s[0] * s[4]) - s[0] / (1 - std::pow(s[1], s[5])) * x[1] / divisor;
  }
  fail(Code::Internal, "unknown formula ", p.formula);
}

void expect_predictions_hold(const std::string& type, const Table& table, size_t per_parameter) {
  Registry registry;
  registry.add_folder(plugin_dir());
  const auto optimizer = registry.create<Optimizer>(type, table, Context{});
  auto* predictions = static_cast<Predictions*>(optimizer->extension(kPredictionExtension));
  ASSERT_NE(predictions, nullptr);
  EXPECT_TRUE(predictions->of_last_step({}).empty());
  ToyModel toy;
  std::vector<Rates> rates(2, optimizer->base_rates());
  rates[1].weight_decay = 0;
  for (int t = 0; t < 5; ++t) {
    toy.set_gradients(t);
    optimizer->step(toy.groups, rates, {});
  }
  const MemoryState base = Tree::of(toy, *optimizer);
  toy.set_gradients(5);
  optimizer->step(toy.groups, rates, {});
  const MemoryState now = Tree::of(toy, *optimizer);

  const auto named = predictions->of_last_step({});
  EXPECT_EQ(named.size(), 4 * per_parameter);
  for (const auto& p : named) {
    const std::string parameter = p.path.substr(p.path.find("toy."));
    const at::Tensor found = evaluate(p, base, now, toy.param(parameter).grad());
    EXPECT_TRUE(at::allclose(found, now.tensor(p.path).to(at::kDouble), 2e-6, 1e-7)) << p.formula << " " << p.path;
  }
}

TEST(Predictions, SgdNamesWeightAndMomentum) {
  expect_predictions_hold("sgd", {}, 2);
}
TEST(Predictions, PlainMomentumUsesTheSameFormula) {
  expect_predictions_hold("sgd", {{"nesterov", false}}, 2);
}
TEST(Predictions, AdamNamesSquareAndWeight) {
  expect_predictions_hold("adam", {}, 2);
}
TEST(Predictions, AdamWNamesSquareAndWeight) {
  expect_predictions_hold("adamw", {{"weight_decay", 0.05}}, 2);
}
TEST(Predictions, AmsgradNamesItsMaximumToo) {
  expect_predictions_hold("adamw", {{"amsgrad", true}}, 3);
}

TEST(Predictions, NothingIsNamedAfterASkippedStep) {
  Registry registry;
  registry.add_folder(plugin_dir());
  const auto optimizer = registry.create<Optimizer>("sgd", {}, Context{});
  auto* predictions = static_cast<Predictions*>(optimizer->extension(kPredictionExtension));
  ToyModel toy;
  toy.set_gradients(0);
  const std::vector<Rates> rates(2, optimizer->base_rates());
  optimizer->step(toy.groups, rates, {});
  EXPECT_FALSE(predictions->of_last_step({}).empty());
  optimizer->step(toy.groups, rates, {{}, at::ones({}, at::kFloat)});
  EXPECT_TRUE(predictions->of_last_step({}).empty());
}

}  // namespace
}  // namespace cairn::test
