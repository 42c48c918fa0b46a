#include <fstream>

#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <nlohmann/json.hpp>

#include "optimizer/ema.h"
#include "support/fill.h"
#include "support/golden_set.h"
#include "support/memory_state.h"

namespace cairn::test {
namespace {

at::Tensor floats(const std::string& name, int64_t count) {
  return at::tensor(uniform(name, count), at::kDouble).to(at::kFloat);
}

TEST(Ema, EqualsTheGoldenCases) {
  CAIRN_GOLDEN_JSON(json, "training/ema.json");
  ASSERT_FALSE(json["cases"].empty());
  for (const auto& golden : json["cases"]) {
    const at::Tensor model = floats("ema.start", 8);
    Ema ema({{"w", model}}, {});
    MemoryState begin;
    begin.tensor("w", model);
    begin.integer("updates", golden["updates_before"]);
    ema.load(begin);
    for (const auto& step : golden["steps"]) {
      const int64_t t = &step - &golden["steps"][0];
      model.copy_(floats("ema.model." + std::to_string(t), 8));
      ema.update();
      EXPECT_EQ(ema.updates(), step["update"].get<int64_t>());
      EXPECT_NEAR(ema.last_decay(), step["decay"].get<double>(), 1e-15);
      for (int i = 0; i < 8; ++i) {
        EXPECT_NEAR(ema.entries()[0].second[i].item<double>(), step["ema"][i].get<double>(), 1e-6)
            << "update " << step["update"] << " entry " << i;
      }
    }
  }
}

TEST(Ema, DecayEqualsTheGoldenTable) {
  CAIRN_GOLDEN_JSON(schedule, "training/schedule.json");
  const auto& json = schedule["ema_decay"];
  ASSERT_FALSE(json["updates"].empty());
  for (size_t i = 0; i < json["updates"].size(); ++i) {
    EXPECT_NEAR(Ema::decay_at(json["updates"][i], {}), json["decay"][i].get<double>(), 1e-15);
  }
}

// A module with a parameter, a floating buffer and an integer one.
struct Net : torch::nn::Module {
  Net() {
    weight = register_parameter("weight", floats("net.weight", 100'000).view({10, 100, 10, 10}));
    mean = register_buffer("running_mean", floats("net.mean", 10));
    batches = register_buffer("num_batches_tracked", at::zeros({}, at::kLong));
  }
  at::Tensor weight, mean, batches;
};

TEST(Ema, AveragesFloatingBuffersAndKeepsIntegersOfTheCopy) {
  Net net;
  net.batches.fill_(7);
  Ema ema(named_state(net), {0.5, 1e-9});  // d = 0.5 from the first update
  const at::Tensor old_mean = net.mean.clone();
  net.mean.add_(2);
  net.batches.fill_(99);
  ema.update();
  EXPECT_TRUE(at::allclose(ema.entries()[1].second, old_mean + 1));
  EXPECT_EQ(ema.entries()[2].first, "num_batches_tracked");
  EXPECT_EQ(ema.entries()[2].second.item<int64_t>(), 7);
}

TEST(Ema, IsTwoRoundedProductsAndTheirRoundedSumOnAnyThreadCount) {
  Net net;
  Ema ema(named_state(net), {});
  const at::Tensor before = ema.entries()[0].second.clone();
  net.weight.detach().mul_(1.7);
  ema.update();
  const auto d = static_cast<float>(ema.last_decay()), rest = static_cast<float>(1 - ema.last_decay());
  const at::Tensor kept = before * d, taken = net.weight.detach() * rest;
  EXPECT_TRUE(at::equal(ema.entries()[0].second, kept + taken));
}

TEST(Ema, GivesTheSameInOtherMemoryLayoutsAndTypes) {
  Net net;
  const at::Tensor last = net.weight.detach().clone(at::MemoryFormat::ChannelsLast);
  const at::Tensor doubles = net.weight.detach().to(at::kDouble);
  Ema plain(named_state(net), {}), other({{"last", last}, {"doubles", doubles}}, {});
  for (int i = 0; i < 3; ++i) {
    for (const at::Tensor& t : {net.weight.detach(), last, doubles}) t.mul_(1.1);
    plain.update();
    other.update();
  }
  EXPECT_TRUE(at::allclose(plain.entries()[0].second, other.entries()[0].second, 1e-6, 0));
  EXPECT_TRUE(at::allclose(plain.entries()[0].second.to(at::kDouble), other.entries()[1].second, 1e-6, 0));
}

TEST(Ema, ExchangesInPlaceAndBack) {
  Net net;
  Ema ema(named_state(net), {});
  const at::Tensor averaged = ema.entries()[0].second.clone();
  net.weight.detach().add_(1);
  const at::Tensor trained = net.weight.detach().clone();
  {
    const UseAverage use(ema);
    EXPECT_TRUE(at::equal(net.weight, averaged));
    MemoryState state;
    EXPECT_THROW(ema.save(state), Error) << "there is no cut while values are exchanged";
    EXPECT_THROW(ema.update(), Error);
  }
  EXPECT_TRUE(at::equal(net.weight, trained));
  EXPECT_TRUE(at::equal(ema.entries()[0].second, averaged));
}

TEST(Ema, ContinuesFromASavedState) {
  Net net, other;
  Ema one(named_state(net), {});
  net.weight.detach().mul_(1.3);
  one.update();
  MemoryState state;
  one.save(state);
  other.weight.detach().mul_(1.3);
  Ema two(named_state(other), {});
  two.load(state);
  for (Net* n : {&net, &other}) n->weight.detach().mul_(0.7);
  one.update();
  two.update();
  EXPECT_EQ(one.updates(), two.updates());
  EXPECT_TRUE(at::equal(one.entries()[0].second, two.entries()[0].second));
}

TEST(Ema, RefusesTheStateOfAnotherModelAndOddSettings) {
  Net net;
  Ema ema(named_state(net), {});
  MemoryState state;
  ema.save(state);
  state.entries["weight"] = at::zeros({3});
  EXPECT_THROW(ema.load(state), Error);
  EXPECT_THROW(Ema({}, {1.0, 2000}), Error);
  EXPECT_THROW(Ema({}, {0.9, 0}), Error);
}

}  // namespace
}  // namespace cairn::test
