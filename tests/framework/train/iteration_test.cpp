#include "train/iteration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "framework/train/toy_stages.h"

namespace cairn::test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Toy {
  explicit Toy(int64_t accumulation = 1) : stages(toy_stages(accumulation)) { state.at.plan = stages.plan; }
  ToyDetector& model() { return static_cast<ToyDetector&>(*stages.model); }
  IterationReport run() {
    if (state.epoch_done()) state.begin_epoch();
    return iteration.run(toy_batch(static_cast<uint64_t>(state.at.iteration)));
  }
  std::map<std::string, at::Tensor> tensors() { return copy_of(named_state(stages.model->module())); }

  TrainTable table;
  Compute compute;
  Stages stages;
  RunState state;
  Iteration iteration{table, compute, stages, state};
};

std::vector<std::string> changed(const std::map<std::string, at::Tensor>& before,
                                 const std::map<std::string, at::Tensor>& after) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : before) {
    if (!at::equal(tensor, after.at(name))) names.push_back(name);
  }
  return names;
}

TEST(IterationTest, StepsAndLeavesTheStateAtTheCutBehindIt) {
  Toy toy;
  const auto before = toy.tensors();
  const IterationReport report = toy.run();
  EXPECT_TRUE(report.finite);
  EXPECT_TRUE(report.stepped);
  EXPECT_GT(report.gradient_norm, 0);
  ASSERT_EQ(report.losses.size(), 1u);
  EXPECT_EQ(report.losses[0].first, "loss/toy");
  EXPECT_EQ(toy.state.at.iteration, 1);
  EXPECT_EQ(toy.state.at.step, 1);
  EXPECT_EQ(toy.state.at.last_step_iteration, 0);
  EXPECT_EQ(toy.state.batches_pending, 0);
  EXPECT_EQ(toy.stages.ema->updates(), 1);
  EXPECT_EQ(changed(before, toy.tensors()).size(), before.size());
}

TEST(IterationTest, SumsGradientsUntilAStepIsDue) {
  Toy toy(3);
  const at::Tensor weights = toy.tensors().at("conv.weight");
  EXPECT_FALSE(toy.run().stepped);
  EXPECT_FALSE(toy.run().stepped);
  EXPECT_EQ(toy.state.batches_pending, 2);
  EXPECT_TRUE(toy.stages.groups[0].params[0].grad().defined());
  EXPECT_TRUE(at::equal(weights, toy.tensors().at("conv.weight")));
  EXPECT_TRUE(toy.run().stepped);
  EXPECT_EQ(toy.state.batches_pending, 0);
  EXPECT_FALSE(toy.stages.groups[0].params[0].grad().defined());
  EXPECT_FALSE(at::equal(weights, toy.tensors().at("conv.weight")));
}

TEST(IterationTest, AnEpochBeginsWithoutPendingGradientsWhenThePipelineSaysSo) {
  for (const EpochGradients choice : {EpochGradients::Zero, EpochGradients::Carry}) {
    Toy toy(3);
    toy.table.gradients_at_epoch_start = choice;
    for (int64_t i = 0; i < kToyEpoch; ++i) toy.run();
    ASSERT_EQ(toy.state.batches_pending, 1);
    toy.run();
    EXPECT_EQ(toy.state.batches_pending, choice == EpochGradients::Zero ? 1 : 2);
  }
}

TEST(IterationTest, ALossThatIsNotFiniteChangesNothingWhenItIsSkipped) {
  Toy toy(2);
  toy.table.nonfinite = NonFinite::Skip;
  toy.run();
  toy.run();
  toy.run();  // a gradient is pending
  const auto before = toy.tensors();
  const auto average = copy_of(toy.stages.ema->entries());
  toy.model().factor = kInfinity;
  const IterationReport report = toy.run();
  EXPECT_FALSE(report.finite);
  EXPECT_FALSE(report.stepped);
  EXPECT_TRUE(std::isinf(report.total));
  EXPECT_THAT(changed(before, toy.tensors()), testing::IsEmpty());
  EXPECT_THAT(changed(average, copy_of(toy.stages.ema->entries())), testing::IsEmpty());
  EXPECT_FALSE(toy.stages.groups[0].params[0].grad().defined());
  EXPECT_EQ(toy.state.batches_pending, 0);
  EXPECT_EQ(toy.state.nonfinite_in_row, 1);
  EXPECT_EQ(toy.state.at.iteration, 4);
  EXPECT_EQ(toy.state.loss_count, 3);
}

TEST(IterationTest, StatisticsOfActivationsThatOverflowAreUndone) {
  Toy toy;
  toy.table.nonfinite = NonFinite::Skip;
  toy.run();
  const auto before = toy.tensors();
  {
    const at::NoGradGuard no_grad;
    toy.stages.groups[0].params[0].fill_(kInfinity);
  }
  EXPECT_FALSE(toy.run().finite);
  EXPECT_THAT(changed(before, toy.tensors()), testing::ElementsAre("conv.weight"));
}

TEST(IterationTest, GradientsThatAreNotFiniteMakeNoStep) {
  Toy toy;
  toy.table.nonfinite = NonFinite::Skip;
  const auto before = toy.tensors();
  toy.model().factor = 1e38;  // the loss is finite, the square of its gradients is not
  const IterationReport report = toy.run();
  EXPECT_TRUE(std::isfinite(report.total));
  EXPECT_FALSE(report.finite);
  EXPECT_THAT(changed(before, toy.tensors()), testing::IsEmpty());
  EXPECT_EQ(toy.state.at.step, 0);
}

TEST(IterationTest, CountsOnlyIterationsInARowThatAreNotFinite) {
  Toy toy;
  toy.table.nonfinite = NonFinite::Skip;
  toy.model().factor = kInfinity;
  toy.run();
  toy.run();
  EXPECT_EQ(toy.state.nonfinite_in_row, 2);
  toy.model().factor = 1;
  EXPECT_TRUE(toy.run().stepped);
  EXPECT_EQ(toy.state.nonfinite_in_row, 0);
}

}  // namespace
}  // namespace cairn::test
