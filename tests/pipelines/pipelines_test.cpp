// The pipelines that come with cairn, and what its plugins declare, against each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/fingerprint.h"
#include "config/keys.h"
#include "config/load.h"
#include "config/schema.h"
#include "config/secrets.h"
#include "config/show.h"
#include "plugin/registry.h"
#include "support/files.h"

namespace cairn::test {
namespace {

namespace fs = std::filesystem;

Registry& built_in() {
  static Registry registry;
  static const bool once = (registry.add_folder(plugin_dir()), true);
  EXPECT_TRUE(once);
  return registry;
}

LoadRequest request_for(const fs::path& file) {
  LoadRequest request;
  request.path = file;
  request.environment = [](const std::string& name) {
    const bool known = name == "HOME" || name == "USER" || name == "CAIRN_TEST_DATA";
    return known ? std::optional<std::string>("/somewhere") : std::nullopt;
  };
  request.find_factory = [](Kind kind, std::string_view type) { return built_in().find(kind, type); };
  request.known_types = [](Kind kind) { return built_in().types(kind); };
  return request;
}

std::vector<const FactoryDescriptor*> factories() {
  std::vector<const FactoryDescriptor*> out;
  for (const auto& library : built_in().open_all()) {
    for (const FactoryDescriptor& factory : library->descriptor->factories) out.push_back(&factory);
  }
  return out;
}

std::vector<fs::path> shipped(const std::string& below = "") {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(source_dir() / "pipelines" / below)) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(ShippedPipelines, AreRightWithEveryPreset) {
  ASSERT_FALSE(shipped().empty());
  for (const fs::path& file : shipped()) {
    for (const char* preset : {"", "published", "current", "none"}) {
      LoadRequest request = request_for(file);
      if (*preset != '\0') request.sets = {std::string("model.preset=") + preset};
      const LoadResult result = read_pipeline(request);
      EXPECT_TRUE(result.problems.empty()) << file << " with preset '" << preset << "'\n" << to_text(result.problems);
    }
  }
}

TEST(ShippedPipelines, AreTheSameAfterResolving) {
  TempFolder folder;
  for (const fs::path& file : shipped()) {
    const LoadResult first = load_pipeline(request_for(file));
    write_text(folder / "pipeline.toml", resolved_toml(first));
    const LoadResult second = load_pipeline(request_for(folder / "pipeline.toml"));
    EXPECT_EQ(first.pipeline, second.pipeline) << file;
    EXPECT_EQ(numerics_fingerprint(first), numerics_fingerprint(second)) << file;
  }
}

TEST(Presets, JudgeAsTheFamiliesTrainersDo) {
  const struct {
    const char *type, *preset;
    FastApRule rule;
    FitnessTable fitness;
  } expected[] = {{"yolov5", "published", FastApRule::Yolov5, {0.1, 0.9}},
                  {"yolov7", "published", FastApRule::Yolov7, {0.1, 0.9}},
                  {"yolov8", "published", FastApRule::Yolov5, {0.1, 0.9}},
                  {"yolov8", "current", FastApRule::Ultralytics84, {0, 1}},
                  {"yolov9", "published", FastApRule::Yolov5, {0.1, 0.9}},
                  {"yolov10", "published", FastApRule::Yolov5, {0.1, 0.9}},
                  {"yolov10", "current", FastApRule::Ultralytics84, {0, 1}}};
  TempFolder folder;
  for (const auto& one : expected) {
    const std::string text = cat("[run]\nname = 'p'\n[dataset]\ntype = 'yolo'\npath = 'd.yaml'\n[model]\ntype = '",
                                 one.type, "'\npreset = '", one.preset, "'\n");
    write_text(folder / "p.toml", text);
    const EvaluateTable found = load_pipeline(request_for(folder / "p.toml")).pipeline.evaluate;
    EXPECT_EQ(found.fast_ap, one.rule) << one.type << " " << one.preset;
    EXPECT_EQ(found.fitness, one.fitness) << one.type << " " << one.preset;
  }
}

TEST(ShippedFragments, CanBeIncluded) {
  TempFolder folder;
  ASSERT_FALSE(shipped("fragments").empty());
  for (const fs::path& file : shipped("fragments")) {
    const std::string base = (source_dir() / "pipelines/quickstart.toml").string();
    write_text(folder / "p.toml", cat("include = ['", base, "', '", file.string(), "']\n"));
    const LoadResult result = read_pipeline(request_for(folder / "p.toml"));
    EXPECT_TRUE(result.problems.empty()) << to_text(result.problems);
    EXPECT_EQ(result.files.size(), 3u);
  }
}

TEST(ShippedSites, MoveStoresAndKeepResults) {
  ASSERT_FALSE(shipped("sites").empty());
  for (const fs::path& file : shipped("sites")) {
    LoadRequest request = request_for(source_dir() / "pipelines/quickstart.toml");
    const LoadResult plain = load_pipeline(request);
    request.site = file.stem().string();
    const LoadResult there = read_pipeline(request);
    EXPECT_TRUE(there.problems.empty()) << to_text(there.problems);
    EXPECT_EQ(numerics_fingerprint(plain), numerics_fingerprint(there));
    EXPECT_NE(plain.pipeline.checkpoint.backends, there.pipeline.checkpoint.backends);
  }
}

TEST(BuiltInPlugins, DeclareWhatAPipelineCanHold) {
  ASSERT_GT(factories().size(), 20u);
  for (const FactoryDescriptor* factory : factories()) {
    const std::string table =
        factory->kind == Kind::Backend ? "checkpoint.backend" : std::string(name_of(factory->kind));
    for (const ParamSpec& spec : factory->params) {
      const std::string name = factory->type + "." + spec.name;
      EXPECT_FALSE(is_host_key(host_table(table), spec.name)) << name << " is a key of the host";
      EXPECT_FALSE(spec.help.empty()) << name;
      EXPECT_TRUE(!spec.secret || names_source(spec.name)) << name;
      EXPECT_EQ(spec.problem_with(spec.default_value), "") << name;
    }
  }
}

TEST(BuiltInPlugins, StandInSchemaAndReference) {
  const auto all = factories();
  const std::string text = schema(all).dump() + reference_markdown(all);
  for (const FactoryDescriptor* factory : all) {
    EXPECT_THAT(text, testing::HasSubstr("`" + factory->type + "`"));
    EXPECT_THAT(text, testing::HasSubstr("\"const\":\"" + factory->type + "\""));
  }
}

}  // namespace
}  // namespace cairn::test
