#include "model/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

namespace cairn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Leaf final : public torch::nn::Module {
 public:
  explicit Leaf(int64_t width) {
    register_parameter("weight", at::zeros({width, 2}));
    register_buffer("mean", at::zeros({width}));
    register_parameter("bias", at::zeros({width}));
  }
};

class Root final : public torch::nn::Module {
 public:
  Root() {
    register_module("second", std::make_shared<Leaf>(3));
    register_module("first", std::make_shared<Leaf>(2));
    register_buffer("steps", at::zeros({}, at::kLong));
  }
};

std::vector<std::string> names(const std::vector<StateEntry>& entries) {
  std::vector<std::string> result;
  for (const StateEntry& entry : entries) result.push_back(entry.name);
  return result;
}

TEST(StateEntries, FollowTheModulesAndParametersBeforeBuffers) {
  EXPECT_THAT(names(state_entries(Root())), ElementsAre("steps", "second.weight", "second.bias", "second.mean",
                                                        "first.weight", "first.bias", "first.mean"));
}

TensorFile filled(const Root& root, double value) {
  TensorFile file = weights_of(root, {});
  for (auto& [name, tensor] : file.tensors) tensor = at::full_like(tensor, value);
  return file;
}

TEST(LoadWeights, TakesEverythingOfAMatchingFile) {
  Root root;
  const LoadReport report = load_weights(root, filled(root, 3), LoadPolicy::Strict);
  EXPECT_EQ(report.taken.size(), 7U);
  for (const StateEntry& entry : state_entries(root))
    EXPECT_TRUE(at::all(entry.tensor == 3).item<bool>()) << entry.name;
}

TEST(LoadWeights, ConvertsFloatingTypesAndCutsACommonPrefix) {
  Root root;
  TensorFile file = filled(root, 3);
  for (auto& [name, tensor] : file.tensors) {
    name = "module." + name;
    if (tensor.is_floating_point()) tensor = tensor.to(at::kHalf);
  }
  EXPECT_EQ(load_weights(root, file, LoadPolicy::Strict).taken.size(), 7U);
  EXPECT_EQ(root.parameters()[0].scalar_type(), at::kFloat);
}

TEST(LoadWeights, PartialTakesWhatFitsAndNamesTheNearest) {
  Root root;
  TensorFile file = filled(root, 3);
  for (auto& [name, tensor] : file.tensors) {
    if (name == "first.bias") name = "first.bais";
    if (name == "second.weight") tensor = at::ones({5, 2});
  }
  const LoadReport report = load_weights(root, file, LoadPolicy::Partial);
  EXPECT_EQ(report.taken.size(), 5U);
  ASSERT_EQ(report.missing.size(), 2U);
  EXPECT_EQ(report.missing[0].name, "second.weight");
  EXPECT_THAT(report.missing[0].reason, HasSubstr("[3, 2]"));
  EXPECT_EQ(report.missing[1].name, "first.bias");
  EXPECT_THAT(report.missing[1].reason, HasSubstr("nearest is 'first.bais'"));
  ASSERT_EQ(report.unused.size(), 2U);
  EXPECT_THAT(report.summary(), HasSubstr("5 of 7 taken"));
}

TEST(LoadWeights, StrictChangesNothingWhenSomethingIsMissing) {
  Root root;
  TensorFile file = filled(root, 3);
  file.tensors.pop_back();
  try {
    load_weights(root, file, LoadPolicy::Strict);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::FailedPrecondition);
    EXPECT_THAT(error.message(), HasSubstr("not in the file"));
  }
  EXPECT_TRUE(at::all(root.parameters()[0] == 0).item<bool>());
}

}  // namespace
}  // namespace cairn
