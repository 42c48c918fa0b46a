// Rules that need no model: the tables of schedule.json and the automatic choice.
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "optimizer/automatic.h"
#include "optimizer/groups.h"
#include "support/files.h"

namespace cairn::test {
namespace {

const nlohmann::json& schedule() {
  static const auto json = nlohmann::json::parse(std::ifstream(goldens() / "training/schedule.json"));
  return json;
}

TEST(Accumulation, AndWeightDecayEqualTheTable) {
  int rows = 0;
  for (const auto& row : schedule()["accumulate_and_weight_decay"]) {
    const int64_t batch = row["batch"];
    EXPECT_EQ(base_accumulation(batch, 64), row["accumulate"].get<int64_t>()) << batch;
    EXPECT_DOUBLE_EQ(scaled_weight_decay(0.0005, batch, 64), row["weight_decay"].get<double>()) << batch;
    ++rows;
  }
  EXPECT_EQ(rows, 16);
}

TEST(Accumulation, RefusesAnEmptyBatch) {
  EXPECT_THROW(base_accumulation(0, 64), Error);
}

TEST(AutomaticOptimizer, EqualsTheTable) {
  int rows = 0;
  for (const auto& row : schedule()["auto_optimizer"]) {
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
    ++rows;
  }
  EXPECT_EQ(rows, 8);
}

}  // namespace
}  // namespace cairn::test
