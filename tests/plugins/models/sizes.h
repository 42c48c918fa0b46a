// A family's tables of published sizes and names against what its plugin builds.
#pragma once
#include <algorithm>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <nlohmann/json.hpp>

#include <cairn/model.h>

#include "model/state_entries.h"
#include "plugin/registry.h"
#include "support/files.h"

namespace cairn {

struct Size {
  std::string variant;
  int64_t trainable, all, entries;
  int64_t deployed;              // elements of the deployed model, fully fused, frozen ones counted
  int64_t deployed_entries = 0;  // 0: not known
  Table more{};                  // parameters beside the variant
  friend void PrintTo(const Size& size, std::ostream* out) { *out << size.variant; }
};

// The rule for the names of a variant's state, by its first and last entry.
struct Names {
  std::string first, last;
  std::string family{};  // whose golden files hold every name that the variant has, numbers aside; empty: not all
};

// Beyond it a variant is built only when CAIRN_TEST_ALL asks for it: it takes seconds and gigabytes.
inline constexpr int64_t kQuickElements = 13'000'000;

inline std::string size_name(const testing::TestParamInfo<Size>& info) {
  std::string name = info.param.variant;
  for (const auto& [key, value] : info.param.more) name += "_" + key;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

inline std::unique_ptr<Model> make_sized(const std::string& type, const std::string& variant, int64_t classes = 80,
                                         Table params = {}) {
  static Registry registry;
  static const bool once = (registry.add_folder(test::plugin_dir()), true);
  EXPECT_TRUE(once);
  Context context;
  for (int64_t c = 0; c < classes; ++c) context.classes.push_back(std::to_string(c));
  params["variant"] = variant;
  return registry.create<Model>(type, params, context);
}

inline int64_t elements_of(torch::nn::Module& module) {
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

inline int64_t entries_of(torch::nn::Module& module) {
  return static_cast<int64_t>(module.parameters().size() + module.buffers().size());
}

inline std::string without_numbers(const std::string& name) {
  return std::regex_replace(name, std::regex("[0-9]+"), "#");
}

inline const std::set<std::string>& golden_names(const std::string& family) {
  static std::map<std::string, std::set<std::string>> loaded;
  std::set<std::string>& names = loaded[family];
  if (!names.empty()) return names;
  for (const auto& file : std::filesystem::directory_iterator(test::goldens() / family)) {
    if (file.path().extension() != ".json") continue;
    const auto json = nlohmann::json::parse(test::read_text(file.path()));
    for (const auto& entry : json.value("state", nlohmann::json::array())) names.insert(without_numbers(entry[0]));
  }
  return names;
}

inline void expect_names(const torch::nn::Module& module, const Names& rule) {
  const std::vector<StateEntry> entries = state_entries(module);
  ASSERT_FALSE(entries.empty());
  EXPECT_EQ(entries.front().name, rule.first);
  EXPECT_EQ(entries.back().name, rule.last);
  if (rule.family.empty()) return;
  for (const StateEntry& entry : entries) {
    EXPECT_TRUE(golden_names(rule.family).contains(without_numbers(entry.name))) << entry.name;
  }
}

inline void expect_size(const std::string& type, const Size& size, const Names& names) {
  if (size.all > kQuickElements && std::getenv("CAIRN_TEST_ALL") == nullptr)
    GTEST_SKIP() << "set CAIRN_TEST_ALL: a large variant";
  const auto model = make_sized(type, size.variant, 80, size.more);
  torch::nn::Module& module = model->module();
  int64_t trainable = 0;
  for (const at::Tensor& p : module.parameters()) trainable += p.requires_grad() ? p.numel() : 0;
  EXPECT_EQ(trainable, size.trainable) << size.variant;
  EXPECT_EQ(elements_of(module), size.all) << size.variant;
  EXPECT_EQ(entries_of(module), size.entries) << size.variant;
  expect_names(module, names);
  const auto deployed = model->deploy();
  EXPECT_EQ(elements_of(deployed->module()), size.deployed) << size.variant;
  if (size.deployed_entries > 0) {
    EXPECT_EQ(entries_of(deployed->module()), size.deployed_entries) << size.variant;
  }
}

}  // namespace cairn
