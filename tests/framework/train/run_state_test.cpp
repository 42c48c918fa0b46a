#include "train/run_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/error.h>

#include "support/memory_state.h"

namespace cairn::test {
namespace {

RunState at_position(int64_t position, int64_t iterations_per_epoch) {
  RunState state;
  state.at.plan.iterations_per_epoch = iterations_per_epoch;
  state.at.epoch = 2;
  state.at.position = position;
  state.at.iteration = 2 * iterations_per_epoch + position;
  return state;
}

RunState carried_over(const RunState& from, int64_t iterations_per_epoch) {
  MemoryState saved;
  from.save(saved);
  RunState to;
  to.at.plan.iterations_per_epoch = iterations_per_epoch;
  to.load(saved);
  return to;
}

TEST(RunStateTest, ComesBackWholeFromASnapshot) {
  RunState state = at_position(3, 10);
  state.at.step = 11;
  state.at.last_step_iteration = 22;
  state.evaluation_due = true;
  state.batches_pending = 2;
  state.nonfinite_in_row = 1;
  state.rollbacks = 2;
  state.rate_factor = 0.25;
  state.failed_at = 7;
  state.went_back_to = 5;
  state.add_losses({{"loss/box", 0.1}, {"loss/class", 0.7}});
  state.add_losses({{"loss/box", 0.2}, {"loss/class", 0.1}});
  state.metrics = {{"map50", 0.25}, {"fitness", -0.0}};
  state.best_fitness = 0.125;
  state.best_iteration = 20;
  state.evaluations_without_gain = 4;
  MemoryState first, second;
  state.save(first);
  carried_over(state, 10).save(second);
  ASSERT_EQ(first.entries.size(), second.entries.size());
  for (const auto& [path, entry] : first.entries) {
    ASSERT_FALSE(std::holds_alternative<at::Tensor>(entry)) << path;
    if (const auto* number = std::get_if<int64_t>(&entry)) {
      EXPECT_EQ(*number, second.integer(path)) << path;
    }
    if (const auto* real = std::get_if<double>(&entry)) {
      EXPECT_EQ(*real, second.real(path)) << path;
    }
    if (const auto* text = std::get_if<std::string>(&entry)) {
      EXPECT_EQ(*text, second.text(path)) << path;
    }
  }
}

TEST(RunStateTest, AveragesTheLossesOfAnEpochInTheModelsOrder) {
  RunState state = at_position(0, 2);
  state.add_losses({{"loss/z", 1.0}, {"loss/a", 3.0}});
  state.advance();
  EXPECT_FALSE(state.epoch_done());
  state.add_losses({{"loss/z", 2.0}, {"loss/a", 5.0}});
  state.advance();
  EXPECT_TRUE(state.epoch_done());
  const std::vector<std::pair<std::string, double>> means{{"loss/z", 1.5}, {"loss/a", 4.0}};
  EXPECT_EQ(state.mean_losses(), means);
  state.begin_epoch();
  EXPECT_EQ(state.at.epoch, 3);
  EXPECT_EQ(state.at.position, 0);
  EXPECT_EQ(state.loss_count, 0);
  EXPECT_TRUE(state.loss_sums.empty());
}

TEST(RunStateTest, AFinishedEpochStaysFinishedWhenEpochsBecomeLongerOrShorter) {
  EXPECT_TRUE(carried_over(at_position(10, 10), 15).epoch_done());
  EXPECT_TRUE(carried_over(at_position(10, 10), 4).epoch_done());
}

TEST(RunStateTest, AnEpochUnderWayStaysUnderWayWhenEpochsBecomeShorter) {
  EXPECT_EQ(carried_over(at_position(3, 10), 15).at.position, 3);
  EXPECT_EQ(carried_over(at_position(9, 10), 4).at.position, 3);
  EXPECT_EQ(carried_over(at_position(0, 10), 4).at.position, 0);
}

TEST(RunStateTest, APositionBeyondItsEpochIsDamage) {
  MemoryState saved;
  at_position(11, 10).save(saved);
  RunState state;
  state.at.plan.iterations_per_epoch = 4;
  EXPECT_THROW(state.load(saved), Error);
}

}  // namespace
}  // namespace cairn::test
