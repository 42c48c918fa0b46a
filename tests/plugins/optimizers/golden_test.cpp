// The three optimizers against tests/goldens/training/optimizer.json, through their libraries.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "plugin/registry.h"
#include "support/golden_set.h"
#include "support/toy_model.h"

namespace cairn::test {
namespace {

constexpr const char* kGolden = "training/optimizer.json";

nlohmann::json golden_run(const nlohmann::json& file, const std::string& name) {
  for (const auto& run : file["runs"]) {
    if (run["name"] == name) return run;
  }
  return {};
}

void expect_close(const at::Tensor& found, const nlohmann::json& expected, const std::string& what) {
  ASSERT_EQ(found.numel(), static_cast<int64_t>(expected.size())) << what;
  const at::Tensor flat = found.detach().contiguous().view(-1);
  for (int64_t i = 0; i < flat.numel(); ++i) {
    EXPECT_NEAR(flat[i].item<double>(), expected[i].get<double>(), 1e-6) << what << " [" << i << "]";
  }
}

struct Settings {
  std::string type;
  Table table;
  double lr, weight_decay;
  bool ramp = false;
};

void run_golden(const std::string& name, const Settings& settings) {
  CAIRN_GOLDEN_JSON(file, kGolden);
  const nlohmann::json run = golden_run(file, name);
  ASSERT_FALSE(run.is_null()) << "no golden run " << name;
  Registry registry;
  registry.add_folder(plugin_dir());
  const auto optimizer = registry.create<Optimizer>(settings.type, settings.table, Context{});
  ToyModel toy;
  for (int t = 0; t < static_cast<int>(run["steps"].size()); ++t) {
    toy.set_gradients(t);
    Rates weights{settings.lr, optimizer->base_rates().momentum, settings.weight_decay}, biases = weights;
    biases.weight_decay = 0;
    if (settings.ramp) {
      weights.lr = t < 10 ? 0.001 * t : 0.01;
      biases.lr = t < 10 ? 0.1 - 0.009 * t : 0.01;
      weights.momentum = biases.momentum = 0.8 + 0.0137 * std::min(t, 10);
    }
    const std::vector<Rates> rates{weights, biases};
    ASSERT_EQ(optimizer->step(toy.groups, rates, {}), StepResult::Applied);
    for (const auto& [key, values] : run["steps"][t].items()) {
      expect_close(toy.param(key), values, name + " step " + std::to_string(t) + " " + key);
    }
  }
  MemoryState state;
  optimizer->save(state);
  for (const auto& [key, slots] : run["state_after_20"].items()) {
    for (const auto& [slot, values] : slots.items()) {
      const std::string path = (slot == "momentum_buffer" ? "momentum" : slot) + "/" + key;
      expect_close(state.tensor(path), values, name + " " + path);
    }
  }
}

TEST(OptimizerGolden, ToyBeginsAsTheGoldenFileSays) {
  CAIRN_GOLDEN_JSON(file, kGolden);
  ToyModel toy;
  for (const auto& [key, values] : file["initial_values"].items()) expect_close(toy.param(key), values, key);
}

TEST(OptimizerGolden, SgdWithNesterov) {
  run_golden("sgd-nesterov", {"sgd", {{"momentum", 0.937}}, 0.01, 0.0005});
}

TEST(OptimizerGolden, SgdWhileRatesAndMomentumRise) {
  run_golden("sgd-nesterov-ramp", {"sgd", {}, 0.01, 0.0005, true});
}

TEST(OptimizerGolden, AdamW) {
  run_golden("adamw", {"adamw", {{"momentum", 0.9}}, 0.001, 0.05});
}

TEST(OptimizerGolden, Adam) {
  run_golden("adam", {"adam", {{"momentum", 0.937}}, 0.001, 0.0005});
}

TEST(OptimizerGolden, AdamWWithAmsgrad) {
  run_golden("adamw-amsgrad", {"adamw", {{"momentum", 0.937}, {"amsgrad", true}}, 0.001, 0.05});
}

}  // namespace
}  // namespace cairn::test
