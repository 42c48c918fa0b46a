// The golden files that tests compare with: the project's own, or another set of the same layout in CAIRN_GOLDENS.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "support/files.h"

namespace cairn::test {

inline const char* other_golden_set() {
  const char* folder = std::getenv("CAIRN_GOLDENS");
  return folder != nullptr && *folder != '\0' ? folder : nullptr;
}

inline std::filesystem::path golden_set() {
  return other_golden_set() != nullptr ? std::filesystem::path(other_golden_set()) : goldens();
}

// Null for a file that another set than the project's own leaves out: then there is nothing to compare.
inline nlohmann::json golden_json(const std::string& name) {
  const std::filesystem::path file = golden_set() / name;
  if (other_golden_set() != nullptr && !std::filesystem::exists(file)) return {};
  return nlohmann::json::parse(read_text(file));
}

}  // namespace cairn::test

// At the begin of a test: names the file's content, and skips the test when there is none.
#define CAIRN_GOLDEN_JSON(content, name)                           \
  const nlohmann::json content = ::cairn::test::golden_json(name); \
  if (content.is_null()) GTEST_SKIP() << name << " is not among these golden files"
