// The declarations of the public headers belong to CAIRN_SDK_ABI: tests/goldens/sdk_abi.txt holds the number and a hash
// of each header without comments and spaces. Whoever changes a declaration raises the number, then runs this test with
// CAIRN_UPDATE_GOLDENS set. A new header needs no new number.
#include <gtest/gtest.h>
#include <cctype>
#include <cstdlib>
#include <map>
#include <sstream>

#include <cairn/plugin.h>
#include <cairn/sha256.h>

#include "sdk/public_headers.h"

namespace cairn {
namespace {

// Without comments; spaces only where they part two words.
std::string declarations(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  bool gap = false;
  for (std::string line; std::getline(lines, line); gap = true) {
    for (size_t i = 0; i < line.size() && line.compare(i, 2, "//") != 0; ++i) {
      if (std::isspace(static_cast<unsigned char>(line[i])) != 0 || line[i] == '\\') {
        gap = true;
        continue;
      }
      if (gap && !out.empty() && word(out.back()) && word(line[i])) out += ' ';
      gap = false;
      out += line[i];
    }
  }
  return out;
}

struct Abi {
  int64_t number = 0;
  std::map<std::string, std::string> headers;
};

Abi present() {
  Abi abi{CAIRN_SDK_ABI, {}};
  for (const auto& file : test::public_headers()) {
    std::string text = declarations(test::read_text(file));
    const std::string own = cat("#define CAIRN_SDK_ABI ", CAIRN_SDK_ABI);
    if (const size_t at = text.find(own); at != std::string::npos) text.erase(at, own.size());
    abi.headers[file.filename().string()] = Sha256().text(text).hex().substr(0, 16);
  }
  return abi;
}

Abi recorded(const std::filesystem::path& file) {
  Abi abi;
  std::istringstream in(test::read_text(file));
  std::string word;
  in >> word >> abi.number;
  for (std::string name, hash; in >> name >> hash;) abi.headers[name] = hash;
  return abi;
}

std::string to_text(const Abi& abi) {
  std::string text = cat("CAIRN_SDK_ABI ", abi.number, "\n");
  for (const auto& [name, hash] : abi.headers) text += name + " " + hash + "\n";
  return text;
}

// Headers that were there and are not, or not as they were.
std::string changed(const Abi& before, const Abi& now) {
  std::string names;
  for (const auto& [name, hash] : before.headers) {
    const auto found = now.headers.find(name);
    if (found == now.headers.end() || found->second != hash) names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

TEST(SdkAbi, ItsNumberIsRaisedWithEveryChangeOfADeclaration) {
  const auto file = test::goldens() / "sdk_abi.txt";
  const Abi now = present();
  const Abi before = std::filesystem::exists(file) ? recorded(file) : Abi{};
  if (before.number == now.number) {
    ASSERT_EQ(changed(before, now), "")
        << "declarations changed: raise CAIRN_SDK_ABI in cairn/plugin.h, so that plugins "
           "of the old ones are refused; then run this test with CAIRN_UPDATE_GOLDENS=1";
  }
  ASSERT_GE(now.number, before.number) << "a number is never taken back";
  if (std::getenv("CAIRN_UPDATE_GOLDENS") != nullptr) test::write_text(file, to_text(now));
  EXPECT_EQ(to_text(recorded(file)), to_text(now)) << "run this test with CAIRN_UPDATE_GOLDENS=1";
}

TEST(SdkAbi, CommentsAndSpacesDoNotCount) {
  EXPECT_EQ(declarations("int  f( int a ); // says what\n\n"), declarations("// before\nint f(int a);"));
  EXPECT_NE(declarations("int f(int a);"), declarations("int f(long a);"));
  EXPECT_NE(declarations("unsigned int a;"), declarations("unsignedint a;"));
}

}  // namespace
}  // namespace cairn
