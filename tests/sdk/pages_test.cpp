// docs/sdk/<header>.md: the public headers as pages. Run with CAIRN_UPDATE_GOLDENS set, this test writes them.
#include <gtest/gtest.h>
#include <cstdlib>
#include <sstream>

#include <cairn/error.h>

#include "sdk/public_headers.h"

namespace cairn {
namespace {

// The comment on top becomes the text, the declarations follow as they stand, without includes and namespace.
std::string page_of(const std::filesystem::path& header) {
  std::istringstream lines(test::read_text(header));
  std::string intro, code, line;
  while (std::getline(lines, line) && line.starts_with("//")) intro += line.substr(line.size() > 2 ? 3 : 2) + "\n";
  for (; lines; std::getline(lines, line)) {
    const bool frame = line.starts_with("#include") || line == "#pragma once" || line == "namespace cairn {" ||
                       line == "}  // namespace cairn";
    const bool empty_twice = line.empty() && (code.empty() || code.ends_with("\n\n"));
    if (!frame && !empty_twice) code += line + "\n";
  }
  while (code.ends_with("\n\n")) code.pop_back();
  const std::string name = header.filename().string();
  return cat("# `#include <cairn/", name, ">`\n\n", intro, "\n```cpp\n", code, "```\n");
}

TEST(SdkPages, AreWhatTheHeadersSay) {
  std::string index =
      "# The SDK's headers\n\nEach compiles alone. [plugin-guide.md](../plugin-guide.md) says where to begin.\n\n";
  std::vector<std::pair<std::filesystem::path, std::string>> pages;
  for (const auto& header : test::public_headers()) {
    const std::string stem = header.stem().string();
    pages.emplace_back(test::source_dir() / "docs/sdk" / (stem + ".md"), page_of(header));
    index += cat("- [cairn/", stem, ".h](", stem, ".md)\n");
  }
  pages.emplace_back(test::source_dir() / "docs/sdk/README.md", index);
  for (const auto& [file, page] : pages) {
    if (std::getenv("CAIRN_UPDATE_GOLDENS") != nullptr) test::write_text(file, page);
    ASSERT_TRUE(std::filesystem::exists(file)) << file;
    EXPECT_EQ(test::read_text(file), page) << file << " is not current; run this test with CAIRN_UPDATE_GOLDENS=1";
  }
}

TEST(SdkPages, EveryHeaderBeginsWithWhatItIsFor) {
  for (const auto& header : test::public_headers()) EXPECT_TRUE(test::read_text(header).starts_with("// ")) << header;
}

}  // namespace
}  // namespace cairn
