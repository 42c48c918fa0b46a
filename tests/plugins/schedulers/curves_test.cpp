// The shape of each curve, and what the shared parameters do to it.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <cairn/scheduler.h>

#include "plugin/registry.h"
#include "support/files.h"
#include "support/memory_state.h"

namespace cairn::test {
namespace {

class Curves : public testing::Test {
 protected:
  Curves() {
    registry_.add_folder(plugin_dir());
    context_.plan = {10, 20, 16, 64, 320, 3};
    context_.base_rates = {0.5, 0.9, 0.001};
  }
  std::unique_ptr<Scheduler> make(const std::string& type, Table table = {}) {
    table.emplace("warmup_epochs", 0.0);
    return registry_.create<Scheduler>(type, table, context_);
  }
  Progress at(int64_t iteration) const {
    const int64_t per_epoch = context_.plan.iterations_per_epoch;
    return {iteration / per_epoch, iteration % per_epoch, iteration, 0, -1, context_.plan};
  }
  double lr(const Scheduler& scheduler, int64_t iteration, GroupKind group = GroupKind::Decay) const {
    return scheduler.rates(at(iteration), group).lr;
  }
  Registry registry_;
  Context context_;
};

TEST_F(Curves, ConstantStays) {
  const auto constant = make("constant");
  EXPECT_DOUBLE_EQ(lr(*constant, 0), 0.5);
  EXPECT_DOUBLE_EQ(lr(*constant, 199), 0.5);
}

TEST_F(Curves, LinearIsOneNotchAboveItsEndUnlessAskedToReachIt) {
  EXPECT_DOUBLE_EQ(lr(*make("linear", {{"final_ratio", 0.0}}), 199), 0.5 * 0.1);
  EXPECT_DOUBLE_EQ(lr(*make("linear", {{"final_ratio", 0.2}, {"reach_end", true}}), 199), 0.5 * 0.2);
}

TEST_F(Curves, CosineIsHalfWayInTheMiddle) {
  EXPECT_DOUBLE_EQ(lr(*make("cosine", {{"final_ratio", 0.0}}), 100), 0.25);
}

TEST_F(Curves, CosineStaysFlatForTheAskedShare) {
  const auto flat = make("cosine", {{"final_ratio", 0.0}, {"flat_fraction", 0.5}});
  EXPECT_DOUBLE_EQ(lr(*flat, 119), 0.5);
  EXPECT_LT(lr(*flat, 120), 0.5);
  EXPECT_DOUBLE_EQ(lr(*make("cosine", {{"final_ratio", 0.0}, {"flat_fraction", 0.6}}), 160), 0.25);
}

TEST_F(Curves, OneCycleRisesThenFallsAndMomentumGoesTheOtherWay) {
  const auto cycle = make("one_cycle", {{"rise_fraction", 0.5}, {"start_ratio", 0.1}, {"final_ratio", 0.0}});
  EXPECT_DOUBLE_EQ(lr(*cycle, 0), 0.05);
  EXPECT_DOUBLE_EQ(lr(*cycle, 100), 0.5);
  EXPECT_NEAR(lr(*cycle, 150), 0.25, 1e-15);
  EXPECT_LT(lr(*cycle, 199), 0.001);
  EXPECT_DOUBLE_EQ(*cycle->rates(at(0), GroupKind::Decay).momentum, 0.9);
  EXPECT_DOUBLE_EQ(*cycle->rates(at(100), GroupKind::Decay).momentum, 0.85);
  EXPECT_GT(lr(*cycle, 31), lr(*cycle, 30)) << "is read every iteration";
}

TEST_F(Curves, StepFallsEveryFewEpochsOrAtMilestones) {
  const auto every = make("step", {{"every", 3.0}, {"gamma", 0.5}});
  EXPECT_DOUBLE_EQ(lr(*every, 59), 0.5);
  EXPECT_DOUBLE_EQ(lr(*every, 60), 0.25);
  EXPECT_DOUBLE_EQ(lr(*every, 120), 0.125);
  const auto milestones = make("step", {{"at", List{2.0, 7.0}}, {"gamma", 0.1}});
  EXPECT_DOUBLE_EQ(lr(*milestones, 39), 0.5);
  EXPECT_DOUBLE_EQ(lr(*milestones, 40), 0.05);
  EXPECT_NEAR(lr(*milestones, 140), 0.005, 1e-17);
}

TEST_F(Curves, ExponentialFallsByTheSameShare) {
  const auto exponential = make("exponential", {{"final_ratio", 0.01}});
  EXPECT_DOUBLE_EQ(lr(*exponential, 0), 0.5);
  EXPECT_DOUBLE_EQ(lr(*exponential, 100), 0.05);
  EXPECT_NEAR(lr(*exponential, 40) / lr(*exponential, 20), lr(*exponential, 20) / lr(*exponential, 0), 1e-12);
}

TEST_F(Curves, AnyCurveCanBeReadEveryIteration) {
  const auto linear = make("linear", {{"final_ratio", 0.0}, {"update", "iteration"}});
  EXPECT_DOUBLE_EQ(lr(*linear, 50), 0.5 * 0.75);
}

TEST_F(Curves, PreviousEpochFactorBeginsWithTheEpochAfterTheWarmup) {
  const auto late =
      make("linear",
           {{"final_ratio", 0.0}, {"factor_epoch", "previous"}, {"warmup_epochs", 2.0}, {"warmup_min_iterations", 0}});
  EXPECT_DOUBLE_EQ(lr(*late, 40), 0.5 * 0.8) << "the last iteration of the warm-up, epoch 2";
  EXPECT_DOUBLE_EQ(lr(*late, 59), 0.5 * 0.8) << "its rate stays to the epoch's end";
  EXPECT_DOUBLE_EQ(lr(*late, 60), 0.5 * 0.8) << "epoch 3 reads epoch 2";
  EXPECT_DOUBLE_EQ(lr(*late, 80), 0.5 * 0.7) << "epoch 4 reads epoch 3";
  const auto cold = make("linear", {{"final_ratio", 0.0}, {"factor_epoch", "previous"}});
  EXPECT_DOUBLE_EQ(lr(*cold, 0), 0.5);
  EXPECT_DOUBLE_EQ(lr(*cold, 20), 0.5) << "without a warm-up it begins with epoch 1";
  EXPECT_DOUBLE_EQ(lr(*cold, 40), 0.5 * 0.9);
}

TEST_F(Curves, WithoutWarmupTheMomentumIsTheOptimizers) {
  const auto linear = make("linear", {{"warmup_end_momentum", 0.937}});
  EXPECT_DOUBLE_EQ(*linear->rates(at(0), GroupKind::Decay).momentum, 0.9);
  EXPECT_EQ(linear->accumulation(at(0)), 4);
}

TEST_F(Curves, HalfBatchesRoundToEven) {
  context_.plan.batch_size = 128;
  context_.plan.nominal_batch = 320;  // 2.5 batches
  EXPECT_EQ(make("constant")->accumulation(at(0)), 2);
  context_.plan.nominal_batch = 448;  // 3.5 batches
  EXPECT_EQ(make("constant")->accumulation(at(0)), 4);
}

TEST_F(Curves, IntegerRampIsCappedAtTheLengthOfTheRun) {
  context_.plan = {2, 2, 1, 64, 2, 3};
  EXPECT_EQ(make("linear", {{"accumulation_ramp", "integer"}})->accumulation(at(3)), 4);
  EXPECT_EQ(make("linear")->accumulation(at(3)), 64);
}

TEST_F(Curves, AnEmptyPlanGivesFiniteRates) {
  context_.plan = {};
  for (const char* type : {"constant", "linear", "cosine", "one_cycle", "step", "exponential", "plateau"}) {
    const auto scheduler = registry_.create<Scheduler>(type, {}, context_);
    EXPECT_TRUE(std::isfinite(scheduler->rates({}, GroupKind::Bias).lr)) << type;
    EXPECT_GE(scheduler->accumulation({}), 1) << type;
  }
}

TEST_F(Curves, NonFiniteSettingsAreRefused) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(make("linear", {{"final_ratio", kNan}}), Error);
  EXPECT_THROW(make("constant", {{"warmup_bias_lr", kNan}}), Error);
  context_.base_rates.lr = kNan;
  EXPECT_THROW(make("constant"), Error);
}

class PlateauTest : public Curves {};

TEST_F(PlateauTest, FallsWhenTheMetricStopsImproving) {
  const auto plateau = make("plateau", {{"metric", "map50"}, {"patience", 1}, {"gamma", 0.5}});
  for (const double map : {0.1, 0.2, 0.2, 0.2}) plateau->observe({{"map50", map}});
  EXPECT_DOUBLE_EQ(lr(*plateau, 80), 0.25);
  plateau->observe({{"map50", 0.3}});
  plateau->observe({{"map50", std::numeric_limits<double>::quiet_NaN()}});
  EXPECT_DOUBLE_EQ(lr(*plateau, 120), 0.25);
  plateau->observe({{"map50", 0.3}});
  EXPECT_DOUBLE_EQ(lr(*plateau, 140), 0.125) << "NaN counts as no improvement";
}

TEST_F(PlateauTest, SmallerIsBetterWhenAskedAndTheRateHasAFloor) {
  const auto plateau =
      make("plateau", {{"metric", "loss"}, {"mode", "min"}, {"patience", 0}, {"gamma", 0.1}, {"final_ratio", 0.05}});
  for (const double loss : {3.0, 2.0}) plateau->observe({{"loss", loss}});
  EXPECT_DOUBLE_EQ(lr(*plateau, 0), 0.5);
  for (int i = 0; i < 5; ++i) plateau->observe({{"loss", 2.5}});
  EXPECT_DOUBLE_EQ(lr(*plateau, 0), 0.5 * 0.05);
}

TEST_F(PlateauTest, RestsAfterAFall) {
  const auto plateau = make("plateau", {{"metric", "m"}, {"patience", 0}, {"gamma", 0.5}, {"cooldown", 2}});
  for (int i = 0; i < 4; ++i) plateau->observe({{"m", 1.0}});
  EXPECT_DOUBLE_EQ(lr(*plateau, 0), 0.25);
  plateau->observe({{"m", 1.0}});
  EXPECT_DOUBLE_EQ(lr(*plateau, 0), 0.125);
}

TEST_F(PlateauTest, ContinuesFromASavedState) {
  const Table table{{"metric", "m"}, {"patience", 2}, {"gamma", 0.5}, {"cooldown", 1}};
  const std::vector<double> history{0.1, 0.3, 0.2, 0.2, 0.2, 0.2, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1};
  for (size_t cut = 0; cut <= history.size(); ++cut) {
    const auto straight = make("plateau", table), first = make("plateau", table), second = make("plateau", table);
    for (size_t i = 0; i < history.size(); ++i) straight->observe({{"m", history[i]}});
    for (size_t i = 0; i < cut; ++i) first->observe({{"m", history[i]}});
    MemoryState state;
    first->save(state);
    second->load(state);
    for (size_t i = cut; i < history.size(); ++i) second->observe({{"m", history[i]}});
    EXPECT_EQ(lr(*straight, 0), lr(*second, 0)) << "cut at " << cut;
  }
}

TEST_F(PlateauTest, NamesTheMetricsThatThereAre) {
  const auto plateau = make("plateau", {{"metric", "map51"}});
  try {
    plateau->observe({{"map50", 0.1}});
    FAIL() << "a missing metric was accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("map50"), std::string::npos);
  }
}

}  // namespace
}  // namespace cairn::test
