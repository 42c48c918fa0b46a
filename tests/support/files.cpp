#include "support/files.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <cairn/error.h>

namespace cairn::test {

TempFolder::TempFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "cairn-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) fail(Code::Internal, "cannot make a temporary folder like ", pattern);
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(Code::NotFound, "cannot read ", path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out) fail(Code::Internal, "cannot write ", path);
}

}  // namespace cairn::test
