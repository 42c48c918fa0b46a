#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "optimizer/clip.h"
#include "plugin/registry.h"
#include "support/golden_set.h"
#include "support/toy_model.h"

namespace cairn::test {
namespace {

TEST(Clipping, EqualsTheGoldenRun) {
  CAIRN_GOLDEN_JSON(json, "training/optimizer.json");
  const auto run =
      *std::find_if(json["runs"].begin(), json["runs"].end(), [](const auto& r) { return r["name"] == "sgd-clipped"; });
  Registry registry;
  registry.add_folder(plugin_dir());
  const auto sgd = registry.create<Optimizer>("sgd", {}, Context{});
  ToyModel toy;
  const std::vector<Rates> rates{{0.01, 0.937, 0.0005}, {0.01, 0.937, 0.0}};
  for (int t = 0; t < static_cast<int>(run["steps"].size()); ++t) {
    toy.set_gradients(t, 8.0 * t);
    const Clipped clipped = clip_gradients(toy.groups, 10);
    EXPECT_NEAR(clipped.norm, run["norm"][t].get<double>(), 1e-5 * clipped.norm) << t;
    EXPECT_EQ(clipped.factor<1, clipped.norm> 10) << t;
    sgd->step(toy.groups, rates, {});
    for (const auto& [key, values] : run["steps"][t].items()) {
      const at::Tensor flat = toy.param(key).detach().view(-1);
      for (int64_t i = 0; i < flat.numel(); ++i) {
        EXPECT_NEAR(flat[i].item<double>(), values[i].get<double>(), 1e-6) << t << " " << key << " " << i;
      }
    }
  }
}

TEST(Clipping, LeavesSmallGradientsBitForBit) {
  ToyModel toy;
  toy.set_gradients(3, 0.01);
  const at::Tensor before = toy.param("toy.0.weight").grad().clone();
  EXPECT_EQ(clip_gradients(toy.groups, 10).factor, 1);
  EXPECT_TRUE(at::equal(before, toy.param("toy.0.weight").grad()));
}

TEST(Clipping, TellsOfANonFiniteNormAndTouchesNothing) {
  ToyModel toy;
  toy.set_gradients(3, 100);
  const at::Tensor before = toy.param("toy.1.weight").grad().clone();
  toy.param("toy.0.bias").grad()[1] = std::numeric_limits<double>::quiet_NaN();
  const Clipped clipped = clip_gradients(toy.groups, 10);
  EXPECT_TRUE(std::isnan(clipped.norm));
  EXPECT_EQ(clipped.factor, 1);
  EXPECT_TRUE(at::equal(before, toy.param("toy.1.weight").grad()));
}

TEST(Clipping, WithoutGradientsTheNormIsZero) {
  ToyModel toy;
  toy.set_gradients(0);
  forget_gradients(toy.groups);
  EXPECT_FALSE(toy.param("toy.0.weight").grad().defined());
  EXPECT_EQ(clip_gradients(toy.groups, 10).norm, 0);
}

}  // namespace
}  // namespace cairn::test
