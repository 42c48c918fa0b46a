#include "plugin/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/monitor.h>

#include "plugin/call.h"
#include "support/files.h"

namespace cairn {
namespace {

using ::testing::HasSubstr;

std::string refusal_of(const std::string& name) {
  Registry registry;
  registry.add_folder(test::bad_plugin_dir() / name);
  registry.open_all();
  EXPECT_EQ(registry.refused().size(), 1u) << name;
  return registry.refused().empty() ? "" : registry.refused()[0].reason;
}

std::string error_of_create(const std::string& name) {
  Registry registry;
  registry.add_folder(test::bad_plugin_dir() / name, FolderRole::Named);
  try {
    registry.create<Monitor>(name, {}, {});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Registry, APluginOfAnotherBuildIsRefusedWithEveryDifferingField) {
  const std::string reason = refusal_of("other_build");
  EXPECT_THAT(reason, HasSubstr("plugin: torch=1.0.0, host: torch="));
  EXPECT_THAT(reason, HasSubstr("rebuild it"));
}

TEST(Registry, ALibraryThatIsNoPluginIsNamedAsSuch) {
  EXPECT_THAT(refusal_of("no_entry"), HasSubstr("does not export cairn_plugin_v1"));
}

TEST(Registry, APluginWithoutMarkerIsRefusedBeforeLoading) {
  EXPECT_THAT(refusal_of("no_marker"), HasSubstr("no build marker"));
}

TEST(Registry, AShortDescriptionIsRefused) {
  EXPECT_THAT(refusal_of("short_info"), HasSubstr("shorter than this host needs"));
}

TEST(Registry, ANewerSdkIsRefused) {
  EXPECT_THAT(refusal_of("newer_abi"), HasSubstr("built for SDK ABI 2, this host has 1"));
}

TEST(Registry, TheSameTypeInTwoLibrariesNamesBoth) {
  Registry registry;
  registry.add_folder(test::bad_plugin_dir() / "twins", FolderRole::Named);
  try {
    registry.find(Kind::Monitor, "twin");
    FAIL() << "two libraries with one type were accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("bad_twin_a.so"));
    EXPECT_THAT(error.message(), HasSubstr("bad_twin_b.so"));
  }
}

TEST(Registry, WhatCreateThrowsNamesThePlugin) {
  EXPECT_THAT(error_of_create("throws_in_create"),
              HasSubstr("the sensor is unplugged\n  in monitor throws_in_create, create"));
  EXPECT_THAT(error_of_create("throws_int"), HasSubstr("no std::exception was thrown"));
  EXPECT_THAT(error_of_create("null_factory"), HasSubstr("returned nothing"));
}

TEST(Registry, ATextFileIsNoLibrary) {
  test::TempFolder folder;
  test::write_text(folder / "notes.so", "not an ELF file");
  Registry registry;
  registry.add_folder(folder.path());
  registry.open_all();
  ASSERT_EQ(registry.refused().size(), 1u);
  EXPECT_THAT(registry.refused()[0].reason, HasSubstr("not a shared library"));
}

TEST(Registry, AnUnknownTypeListsTheNearestFirstAndTheFolders) {
  Registry registry;
  registry.add_folder(test::plugin_dir());
  registry.add_folder("/nonexistent/plugins");
  try {
    registry.require(Kind::Scheduler, "cosin");
    FAIL() << "an unknown type was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::NotFound);
    EXPECT_THAT(error.message(), HasSubstr("known: cosine"));
    EXPECT_THAT(error.message(), HasSubstr("/nonexistent/plugins (absent)"));
  }
}

TEST(Registry, EveryBuiltInLoadsAndItsDefaultsAreValid) {
  Registry registry;
  registry.add_folder(test::plugin_dir());
  const auto& libraries = registry.open_all();
  EXPECT_GE(libraries.size(), 25u);
  EXPECT_TRUE(registry.refused().empty()) << registry.refused()[0].reason;
  for (const auto& library : libraries) {
    for (const FactoryDescriptor& factory : library->descriptor->factories) {
      EXPECT_FALSE(factory.help.empty()) << factory.type;
      for (const ParamSpec& spec : factory.params) {
        EXPECT_FALSE(spec.help.empty()) << factory.type << "." << spec.name;
        EXPECT_EQ(spec.problem_with(spec.default_value), "") << factory.type << "." << spec.name;
      }
    }
  }
}

TEST(CallPlugin, LeavesNoPluginCurrentAfterAnException) {
  EXPECT_THROW(call_plugin("outer", "stage", []() -> int { throw std::runtime_error("x"); }), Error);
  EXPECT_EQ(call_plugin("outer", "stage", [] { return 7; }), 7);
}

}  // namespace
}  // namespace cairn
