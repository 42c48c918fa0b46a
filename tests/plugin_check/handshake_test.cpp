// What a person reads when a plugin is refused or fails in create, word by word: tests/goldens/handshake/<name>.txt.
// Run with CAIRN_UPDATE_GOLDENS set, the test writes them.
#include <gtest/gtest.h>
#include <cstdlib>
#include <regex>

#include <cairn/conformance.h>
#include <cairn/monitor.h>

#include "plugin/look.h"
#include "support/files.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;

const fs::path kBad = test::bad_plugin_dir();

// Without what differs between machines and versions.
std::string plain(std::string text) {
  const auto replace = [&](const std::string& what, const std::string& with) {
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
      text.replace(at, what.size(), with);
  };
  replace(kBad.string(), "<plugins>");
  replace(fs::temp_directory_path().string(), "<temporary>");
  for (const int difference : {-1, 0, 1}) {
    const std::string number = std::to_string(CAIRN_SDK_ABI + difference);
    const std::string name = difference == 0 ? "<n>" : difference < 0 ? "<n-1>" : "<n+1>";
    text = std::regex_replace(text, std::regex("(SDK ABI |this host has )" + number + "\\b"), "$1" + name);
  }
  text = std::regex_replace(text, std::regex(", host: ([a-z_0-9]+)=[^;)]+"), ", host: $1=<its own>");
  return text + "\n";
}

void expect_golden(const std::string& name, const std::string& text) {
  const fs::path file = test::goldens() / "handshake" / (name + ".txt");
  if (std::getenv("CAIRN_UPDATE_GOLDENS") != nullptr) test::write_text(file, plain(text));
  ASSERT_TRUE(fs::exists(file)) << file;
  EXPECT_EQ(plain(text), test::read_text(file)) << name;
}

std::string refusals_of(const std::string& folder) {
  Registry registry;
  registry.add_folder(kBad / folder);
  registry.open_all();
  std::string text;
  for (const RefusedLibrary& refused : registry.refused()) text += (text.empty() ? "" : "\n") + refused.reason;
  return text;
}

std::string error_of_create(const std::string& folder, const std::string& type) {
  Registry registry;
  registry.add_folder(kBad / folder, FolderRole::Named);
  try {
    registry.create<Monitor>(type, {}, {});
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

TEST(Handshake, ARefusedLibrarySaysWhy) {
  for (const char* name :
       {"other_build", "other_compiler", "other_standard_library", "debug_containers", "sanitizer_build", "no_entry",
        "no_marker", "short_info", "older_abi", "newer_abi", "missing_symbol", "same_id"}) {
    expect_golden(name, refusals_of(name));
  }
}

TEST(Handshake, AFailedCreateSaysWhereAndWhy) {
  for (const char* name : {"missing_parameter", "throws_in_create", "throws_int", "null_factory"})
    expect_golden(name, error_of_create(name, name));
  expect_golden("twins", error_of_create("twins", "twin"));
}

TEST(Handshake, ALibraryThatHarmsItsProcessIsRefusedByThoseWhoOnlyLook) {
  for (const char* name : {"crashes_in_describe", "hangs_in_describe", "exits_in_describe"}) {
    // Long for what ends by itself, since a busy machine may take its time.
    const std::chrono::seconds limit(std::string_view(name) == "hangs_in_describe" ? 5 : 120);
    const LookResult result = look_at_plugins(
        {{kBad / name}, [](Registry& registry) { return cat(registry.types(Kind::Scheduler).size()); }, limit});
    ASSERT_EQ(result.refused.size(), 1u) << name;
    expect_golden(name, result.refused[0].reason);
    EXPECT_NE(result.found, "0") << "the good plugins are to be seen in spite of " << name;
  }
}

TEST(Handshake, ACreateThatCrashesOrHangsIsAFailedCheck) {
  for (const char* name : {"crashes_in_create", "hangs_in_create"}) {
    const auto file = kBad / name / cat("bad_", name, ".so");
    const auto result = conformance::run({file, {}}, cat("monitor.", name, "/create"), {std::chrono::seconds(1)});
    EXPECT_EQ(result.verdict, conformance::Verdict::Failed);
    expect_golden(name, result.message);
  }
}

}  // namespace
}  // namespace cairn
