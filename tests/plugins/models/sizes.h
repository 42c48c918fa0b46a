// A family's table of published sizes against what its plugin builds.
#pragma once
#include <algorithm>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <cairn/model.h>

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

inline void expect_size(const std::string& type, const Size& size) {
  if (size.all > kQuickElements && std::getenv("CAIRN_TEST_ALL") == nullptr)
    GTEST_SKIP() << "set CAIRN_TEST_ALL: a large variant";
  const auto model = make_sized(type, size.variant, 80, size.more);
  torch::nn::Module& module = model->module();
  int64_t trainable = 0;
  for (const at::Tensor& p : module.parameters()) trainable += p.requires_grad() ? p.numel() : 0;
  EXPECT_EQ(trainable, size.trainable) << size.variant;
  EXPECT_EQ(elements_of(module), size.all) << size.variant;
  EXPECT_EQ(entries_of(module), size.entries) << size.variant;
  const auto deployed = model->deploy();
  EXPECT_EQ(elements_of(deployed->module()), size.deployed) << size.variant;
  if (size.deployed_entries > 0) {
    EXPECT_EQ(entries_of(deployed->module()), size.deployed_entries) << size.variant;
  }
}

}  // namespace cairn
