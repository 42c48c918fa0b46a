// A folder of its own that goes away with the object.
#pragma once
#include <stdlib.h>
#include <filesystem>
#include <string>

#include <cairn/error.h>

namespace cairn::conformance {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "cairn-check-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) fail(Code::Unavailable, "no temporary folder like ", name);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace cairn::conformance
