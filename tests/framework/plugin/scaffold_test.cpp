#include "plugin/scaffold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/error.h>

#include "base/installation.h"
#include "support/files.h"

namespace cairn {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::string error_of(const ScaffoldRequest& request) {
  try {
    scaffold(request);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Scaffold, EveryKindLeavesNoPlaceholder) {
  const test::TempFolder folder;
  for (const Kind kind : kAllKinds) {
    const fs::path own = folder / std::string(name_of(kind));
    const auto files = scaffold({kind, "my_own", own, share_folder()});
    EXPECT_GE(files.size(), 5u);
    for (const char* file : {"CMakeLists.txt", "README.md", "pipeline.toml", "my_own.cpp", "my_own_test.cpp"}) {
      const std::string text = test::read_text(own / file);
      EXPECT_FALSE(text.empty()) << own / file;
      EXPECT_EQ(text.find('@'), std::string::npos) << own / file << "\n" << text;
    }
    EXPECT_THAT(test::read_text(own / "my_own.cpp"), HasSubstr("class MyOwn final"));
    EXPECT_THAT(test::read_text(own / "pipeline.toml"), HasSubstr("type = \"my_own\""));
  }
}

TEST(Scaffold, BadNamesFoldersAndInstallationsAreNamedAndNothingStays) {
  const test::TempFolder folder;
  for (const char* name : {"", "My", "1st", "a-b", "a b", "../a", "\xc3\xa4"})
    EXPECT_THAT(error_of({Kind::Scheduler, name, folder / "new", share_folder()}),
                HasSubstr("is no name for a plugin"));
  fs::create_directory(folder / "taken");
  EXPECT_THAT(error_of({Kind::Scheduler, "fine", folder / "taken", share_folder()}), HasSubstr("taken exists"));
  EXPECT_THAT(error_of({Kind::Scheduler, "fine", folder / "new", folder / "nothing"}), HasSubstr("no templates in"));
  EXPECT_FALSE(fs::exists(folder / "new"));
  EXPECT_FALSE(fs::exists(folder / "new.part"));
}

}  // namespace
}  // namespace cairn
