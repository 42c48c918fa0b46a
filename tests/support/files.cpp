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

// Known here alone, so that the objects of all other tests are the same wherever the project lies.
std::filesystem::path source_dir() {
  return CAIRN_SOURCE_DIR;
}

std::filesystem::path build_dir() {
  return CAIRN_BINARY_DIR;
}

std::filesystem::path plugin_dir() {
  return build_dir() / "lib/cairn/plugins";
}

std::filesystem::path bad_plugin_dir() {
  return build_dir() / "bad_plugins";
}

}  // namespace cairn::test
