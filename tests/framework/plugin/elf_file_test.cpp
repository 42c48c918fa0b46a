#include "plugin/elf_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstdlib>

#include <cairn/error.h>

#include "plugin/library.h"
#include "support/files.h"

namespace cairn {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

std::filesystem::path built_in() {
  return test::plugin_dir() / "schedulers_constant.so";
}

TEST(ElfFile, TellsWhatALibraryShowsAndNeeds) {
  const ElfFacts facts = read_elf(built_in());
  EXPECT_EQ(facts.exports.size(), 2u);
  EXPECT_TRUE(facts.nodelete);
  EXPECT_FALSE(facts.text_relocations);
  EXPECT_FALSE(facts.imports.empty());
}

TEST(ElfFile, AStrippedPluginIsStillAPlugin) {
  const test::TempFolder folder;
  std::filesystem::copy(built_in(), folder / "stripped.so");
  ASSERT_EQ(std::system(cat("strip '", (folder / "stripped.so").string(), "'").c_str()), 0);
  EXPECT_LT(std::filesystem::file_size(folder / "stripped.so"), std::filesystem::file_size(built_in()));
  EXPECT_EQ(inspect_library(folder / "stripped.so"), "");
}

TEST(ElfFile, AFileThatWasCutAnywhereIsRefused) {
  const test::TempFolder folder;
  const std::string whole = test::read_text(built_in());
  for (size_t length = 0; length < whole.size(); length += 1 + whole.size() / 50) {
    test::write_text(folder / "cut.so", whole.substr(0, length));
    EXPECT_THAT(inspect_library(folder / "cut.so"), AnyOf(HasSubstr("not a shared library"), HasSubstr("not a cairn")));
  }
}

TEST(ElfFile, DamagedOffsetsAreErrors) {
  const test::TempFolder folder;
  const std::string whole = test::read_text(built_in());
  for (size_t at = 16; at < 64; ++at) {  // the header beyond its magic
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0xFF);
    test::write_text(folder / "damaged.so", damaged);
    EXPECT_NO_THROW(inspect_library(folder / "damaged.so")) << at;
  }
}

}  // namespace
}  // namespace cairn
