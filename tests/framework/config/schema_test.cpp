#include "config/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "framework/config/fake_plugins.h"

namespace cairn::test {
namespace {

using testing::HasSubstr;

// Compares with a file of the repository; writes it when CAIRN_UPDATE_GOLDENS is set.
void expect_frozen(const std::filesystem::path& file, const std::string& text) {
  if (std::getenv("CAIRN_UPDATE_GOLDENS") != nullptr) write_text(file, text);
  EXPECT_EQ(text, read_text(file)) << "if this is meant, run the test with CAIRN_UPDATE_GOLDENS=1 and commit " << file;
}

TEST(ConfigKeys, AreThoseOfTheGoldenFile) {
  expect_frozen(goldens() / "config_keys.txt", config_keys());
}

TEST(Schema, HasHostKeysWithRangesUnitsAndDefaults) {
  const nlohmann::json all = schema({});
  const auto& run = all["properties"]["run"];
  EXPECT_EQ(run["additionalProperties"], false);
  EXPECT_EQ(run["properties"]["precision"]["enum"], nlohmann::json({"fp32", "bf16", "fp16", "auto"}));
  EXPECT_EQ(run["properties"]["seed"]["minimum"], 0.0);
  EXPECT_EQ(run["properties"]["time"]["anyOf"].size(), 2u);
  EXPECT_EQ(all["properties"]["train"]["properties"]["ema_decay"]["default"], 0.9999);
  EXPECT_EQ(all["properties"]["checkpoint"]["properties"]["keep"]["properties"]["best"]["type"], "object");
}

TEST(Schema, HasOneBranchPerPlugin) {
  const FakePlugins plugins;
  const nlohmann::json all = schema(plugins.all());
  const auto& branches = all["properties"]["augmentation"]["items"]["oneOf"];
  ASSERT_EQ(branches.size(), plugins.types(Kind::Augmentation).size());
  const auto& perspective = branches.back()["properties"];
  EXPECT_EQ(perspective["type"]["const"], "random_perspective");
  EXPECT_TRUE(perspective.contains("probability"));
  EXPECT_THAT(perspective["degrees"]["description"].get<std::string>(), HasSubstr("[degrees]"));
  EXPECT_EQ(all["properties"]["checkpoint"]["properties"]["backend"]["items"]["oneOf"].size(), 2u);
}

TEST(Reference, ListsEveryHostKeyAndPluginParameter) {
  const FakePlugins plugins;
  const std::string text = reference_markdown(plugins.all());
  EXPECT_THAT(text, HasSubstr("## [[augmentation]]"));
  EXPECT_THAT(text, HasSubstr("| `time` | a number, more than 0 | - | seconds | no |"));
  EXPECT_THAT(text, HasSubstr("| `precision` | fp32 \\| bf16 \\| fp16 \\| auto | `\"auto\"` | - | yes |"));
  EXPECT_THAT(text, HasSubstr("## model `yolov8`"));
  EXPECT_THAT(text, HasSubstr("| `warmup_epochs` | a number, at least 0 | `3.0` | epochs | yes |"));
}

TEST(Reference, TheDocumentIsUpToDate) {
  expect_frozen(source_dir() / "docs/pipeline-reference.md", reference_markdown({}));
}

}  // namespace
}  // namespace cairn::test
