// Rules that need no model: the tables of schedule.json and the automatic choice.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "optimizer/automatic.h"
#include "optimizer/groups.h"
#include "support/golden_set.h"

namespace cairn::test {
namespace {

TEST(Accumulation, AndWeightDecayEqualTheGoldenTable) {
  CAIRN_GOLDEN_JSON(schedule, "training/schedule.json");
  ASSERT_FALSE(schedule["accumulate_and_weight_decay"].empty());
  for (const auto& row : schedule["accumulate_and_weight_decay"]) {
    const int64_t batch = row["batch"];
    EXPECT_EQ(base_accumulation(batch, 64), row["accumulate"].get<int64_t>()) << batch;
    EXPECT_DOUBLE_EQ(scaled_weight_decay(0.0005, batch, 64), row["weight_decay"].get<double>()) << batch;
  }
}

TEST(Accumulation, RefusesAnEmptyBatch) {
  EXPECT_THROW(base_accumulation(0, 64), Error);
}

TEST(AutomaticOptimizer, EqualsTheGoldenTable) {
  CAIRN_GOLDEN_JSON(schedule, "training/schedule.json");
  ASSERT_FALSE(schedule["auto_optimizer"].empty());
  for (const auto& row : schedule["auto_optimizer"]) {
    Plan plan;
    plan.epochs = row["epochs"];
    plan.batch_size = row["batch"];
    plan.nominal_batch = 64;
    plan.images = row["images"];
    plan.classes = row["classes"];
    for (const auto& [key, rule] : {std::pair{"8.1", AutomaticRule::Published}, {"8.4", AutomaticRule::Current}}) {
      const AutomaticChoice choice = choose_optimizer(plan, rule);
      std::string type = row[key]["optimizer"];
      for (char& c : type) c = static_cast<char>(std::tolower(c));
      EXPECT_EQ(choice.type, type);
      EXPECT_EQ(choice.lr, row[key]["lr0"].get<double>());
      EXPECT_EQ(choice.momentum, row[key]["momentum"].get<double>());
      EXPECT_EQ(choice.iterations, row[key]["iterations"].get<int64_t>());
    }
  }
}

}  // namespace
}  // namespace cairn::test
