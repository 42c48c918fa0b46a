// Every family and case of tests/goldens/training/schedule.json, through the schedulers' libraries.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cairn/scheduler.h>

#include "plugin/registry.h"
#include "support/golden_set.h"

namespace cairn::test {
namespace {

using nlohmann::json;

enum class EpochStart { Zeroes, Carries };  // what happens to gradients whose step is not due yet

struct Family {
  std::string name, type;
  Table params;
  Rates base;
  EpochStart epoch_start = EpochStart::Zeroes;
};

const Rates kSgd{0.01, 0.937, 0.0005};

// The published trainers as tables of parameters.
std::vector<Family> families() {
  const Table late{{"factor_epoch", "previous"}};
  auto with = [&](Table more) {
    more.insert(late.begin(), late.end());
    return more;
  };
  return {
      {"v5", "linear", late, kSgd},
      {"v6", "cosine", with({{"warmup_min_iterations", 1000}, {"accumulation_ramp", "reset"}, {"lr_batch", 32}}), kSgd},
      {"v7", "cosine", with({{"warmup_min_iterations", 1000}, {"final_ratio", 0.1}, {"step_rule", "multiple"}}), kSgd},
      {"v8", "linear", late, kSgd},
      {"v8-auto", "linear", with({{"warmup_bias_lr", 0.0}}), {0.000119, std::nullopt, 0.0005}},
      {"v8-current",
       "linear",
       {{"warmup_min_iterations", 0}, {"warmup_limit", "all_but_one_epoch"}, {"accumulation_ramp", "integer"}},
       kSgd,
       EpochStart::Carries},
      {"v9", "linear", late, kSgd},
      {"v10", "linear", with({{"warmup_bias_lr", 0.0}, {"warmup_end_momentum", 0.937}}), {0.01, 0.9, 0.0005}},
  };
}

const Family& family_of(const std::string& name) {
  static const std::vector<Family> all = families();
  for (const Family& family : all) {
    if (family.name == name) return family;
  }
  fail(Code::NotFound, "no family ", name, " is known here");
}

void expect_relative(double found, double expected, const std::string& what) {
  EXPECT_LE(std::abs(found - expected), 1e-12 * std::abs(expected)) << what << ": " << found << " against " << expected;
}

// Every iteration that the table keeps, of one case of the file.
void expect_table(const json& golden, const Family& family, const json& table, Registry& registry) {
  Context context;
  context.plan = {golden["epochs"], golden["batches_per_epoch"], golden["batch"], golden["nominal_batch"], 1000, 80};
  context.base_rates = family.base;
  context.base_rates.weight_decay = table["scaled_weight_decay"];
  if (!family.params.contains("lr_batch")) context.base_rates.lr = table["initial_lr"];
  const auto scheduler = registry.create<Scheduler>(family.type, family.params, context);

  std::vector<int64_t> kept;
  for (int64_t i = 0; i < context.plan.iterations(); ++i) kept.push_back(i);
  if (table.contains("iterations")) kept = table["iterations"].get<std::vector<int64_t>>();

  Progress at;
  at.plan = context.plan;
  int64_t summed = 0;
  size_t row = 0;
  for (at.iteration = 0; at.iteration < context.plan.iterations(); ++at.iteration) {
    at.epoch = at.iteration / context.plan.iterations_per_epoch;
    at.position = at.iteration % context.plan.iterations_per_epoch;
    if (at.position == 0 && family.epoch_start == EpochStart::Zeroes) summed = 0;
    ++summed;
    int64_t stepped = 0;
    if (scheduler->step_due(at)) {
      stepped = summed;
      summed = 0;
    }
    if (row < kept.size() && kept[row] == at.iteration) {
      const std::string where = family.name + " iteration " + std::to_string(at.iteration);
      const Rates bias = scheduler->rates(at, GroupKind::Bias), decay = scheduler->rates(at, GroupKind::Decay),
                  norm = scheduler->rates(at, GroupKind::NoDecay);
      expect_relative(bias.lr, table["lr_bias"][row], where + " lr_bias");
      expect_relative(decay.lr, table["lr_weights"][row], where + " lr_weights");
      expect_relative(norm.lr, table["lr_weights"][row], where + " lr_weights (norm)");
      for (const Rates& r : {bias, decay, norm}) {
        ASSERT_EQ(r.momentum.has_value(), !table["momentum"].is_null()) << where;
        if (r.momentum) expect_relative(*r.momentum, table["momentum"][row], where + " momentum");
      }
      EXPECT_EQ(decay.weight_decay, context.base_rates.weight_decay);
      EXPECT_EQ(bias.weight_decay, 0);
      EXPECT_EQ(norm.weight_decay, 0);
      EXPECT_EQ(scheduler->accumulation(at), table["accumulate"][row].get<int64_t>()) << where;
      EXPECT_EQ(stepped, table["stepped_batches"][row].get<int64_t>()) << where;
      ++row;
    }
    if (stepped > 0) {
      ++at.step;
      at.last_step_iteration = at.iteration;
    }
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_EQ(row, kept.size());
  EXPECT_EQ(at.step, table["optimizer_steps"].get<int64_t>());
}

TEST(ScheduleGolden, EqualsEveryTable) {
  CAIRN_GOLDEN_JSON(file, "training/schedule.json");
  ASSERT_FALSE(file["cases"].empty());
  Registry registry;
  registry.add_folder(plugin_dir());
  for (const json& golden : file["cases"]) {
    ASSERT_FALSE(golden["families"].empty());
    for (const auto& [name, table] : golden["families"].items()) {
      SCOPED_TRACE("case " + golden["name"].get<std::string>() + ", " + name);
      expect_table(golden, family_of(name), table, registry);
    }
  }
}

}  // namespace
}  // namespace cairn::test
