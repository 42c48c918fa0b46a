// The headers that a plugin includes, as text.
#pragma once
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "support/files.h"

namespace cairn::test {

inline std::vector<std::filesystem::path> public_headers() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() / "sdk/include/cairn"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace cairn::test
