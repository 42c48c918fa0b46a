// A family's table of published sizes against what its plugin builds.
#pragma once
#include <string>

#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <cairn/model.h>

#include "plugin/registry.h"

namespace cairn {

struct Size {
  std::string variant;
  int64_t trainable, all, entries;
  int64_t deployed;              // elements of the deployed model, fully fused, frozen ones counted
  int64_t deployed_entries = 0;  // 0: not known
};

inline std::unique_ptr<Model> make_sized(const std::string& type, const std::string& variant, int64_t classes = 80) {
  static Registry registry;
  static const bool once = (registry.add_folder(CAIRN_PLUGIN_DIR), true);
  EXPECT_TRUE(once);
  Context context;
  for (int64_t c = 0; c < classes; ++c) context.classes.push_back(std::to_string(c));
  return registry.create<Model>(type, {{"variant", variant}}, context);
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
  const auto model = make_sized(type, size.variant);
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
