// Folders and files for tests.
#pragma once
#include <filesystem>
#include <string>

namespace cairn::test {

// A folder of its own that goes away with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string read_text(const std::filesystem::path& path);
void write_text(const std::filesystem::path& path, const std::string& text);  // makes the folders on the way

std::filesystem::path source_dir();
std::filesystem::path build_dir();
std::filesystem::path plugin_dir();      // the built-in ones
std::filesystem::path bad_plugin_dir();  // a folder for each

inline std::filesystem::path goldens() {
  return source_dir() / "tests/goldens";
}
inline std::filesystem::path test_data() {
  return source_dir() / "tests/data";
}

}  // namespace cairn::test
