#include <limits>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "optimizer/grad_scaler.h"
#include "support/golden_set.h"
#include "support/toy_model.h"

namespace cairn::test {
namespace {

// `json` is the whole file.
void expect_run(const nlohmann::json& json, const nlohmann::json& run) {
  const auto bad = run["bad_steps"].get<std::set<int64_t>>();
  std::map<int64_t, nlohmann::json> rows;
  for (const auto& row : run["rows"]) rows[row[0]] = row;
  GradScaler scaler({json["initial_scale"], json["growth_factor"], json["backoff_factor"], run["growth_interval"]});
  ToyModel toy;
  for (int64_t t = 0; t < run["steps"].get<int64_t>(); ++t) {
    const double used = scaler.scale();
    at::Tensor gradient = scaler.scaled(at::ones({4}));
    if (bad.count(t)) gradient[2] = std::numeric_limits<float>::infinity();
    toy.param("toy.0.bias").mutable_grad() = gradient;
    const GradScale step = scaler.unscale(toy.groups);
    const bool skipped = step.found_inf.item<float>() != 0;
    if (!skipped) {
      EXPECT_TRUE(at::equal(toy.param("toy.0.bias").grad(), at::ones({4})));
    }
    scaler.update(step);
    if (!rows.count(t)) continue;
    EXPECT_EQ(used, rows[t][1].get<double>()) << t;
    EXPECT_EQ(skipped, rows[t][2].get<int>() == 1) << t;
    EXPECT_EQ(scaler.scale(), rows[t][3].get<double>()) << t;
    EXPECT_EQ(scaler.good_steps(), rows[t][4].get<int64_t>()) << t;
  }
}

TEST(GradScaler, EqualsTheGoldenRuns) {
  CAIRN_GOLDEN_JSON(json, "training/gradscaler.json");
  ASSERT_FALSE(json["runs"].empty());
  for (const auto& run : json["runs"]) {
    SCOPED_TRACE(run["name"].get<std::string>());
    expect_run(json, run);
  }
}

TEST(GradScaler, ContinuesFromASavedState) {
  GradScaler one({1024, 2, 0.5, 5}), two({65536, 2, 0.5, 5});
  ToyModel toy;
  toy.set_gradients(0);
  for (int i = 0; i < 3; ++i) one.update(one.unscale(toy.groups));
  MemoryState state;
  one.save(state);
  two.load(state);
  for (int i = 0; i < 3; ++i) {
    one.update(one.unscale(toy.groups));
    two.update(two.unscale(toy.groups));
    EXPECT_EQ(one.scale(), two.scale());
    EXPECT_EQ(one.good_steps(), two.good_steps());
  }
  EXPECT_EQ(one.scale(), 2048);
}

TEST(GradScaler, RefusesADamagedState) {
  MemoryState state;
  state.real("scale", std::numeric_limits<double>::infinity());
  state.integer("good_steps", 0);
  EXPECT_THROW(GradScaler().load(state), Error);
  EXPECT_THROW(GradScaler({0.0}), Error);
}

}  // namespace
}  // namespace cairn::test
