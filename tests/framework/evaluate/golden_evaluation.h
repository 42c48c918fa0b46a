// The golden files of the evaluation, and how their figures are compared.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/golden_set.h"

namespace cairn::test {

inline std::filesystem::path evaluation_goldens() {
  return goldens() / "evaluation";
}
inline nlohmann::json read_json(const std::filesystem::path& path) {
  return nlohmann::json::parse(read_text(path));
}

struct GoldenCase {
  std::string name;
  std::filesystem::path ground_truth, detections;
  nlohmann::json expected;
};

// Of every folder with an expected.json, which holds one case, or a list of them that name their files. Another set
// than the project's own may have none.
inline std::vector<GoldenCase> golden_cases() {
  std::vector<std::filesystem::path> folders;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(golden_set() / "evaluation", missing)) {
    if (std::filesystem::exists(entry.path() / "expected.json")) folders.push_back(entry.path());
  }
  EXPECT_TRUE(!folders.empty() || other_golden_set() != nullptr) << golden_set();
  std::sort(folders.begin(), folders.end());
  std::vector<GoldenCase> cases;
  for (const auto& folder : folders) {
    const nlohmann::json expected = read_json(folder / "expected.json");
    if (!expected.contains("cases")) {
      cases.push_back({folder.filename().string(), folder / "ground_truth.json", folder / "detections.json", expected});
      continue;
    }
    for (const auto& one : expected.at("cases")) {
      cases.push_back({one.at("name"), folder / one.at("ground_truth").get<std::string>(),
                       folder / one.at("detections").get<std::string>(), one});
    }
  }
  return cases;
}

// Every field of `expected` must stand in `found`; numbers within `tolerance`, lists of equal length.
inline void expect_close(const nlohmann::json& found, const nlohmann::json& expected, double tolerance,
                         const std::string& where) {
  if (expected.is_number()) {
    ASSERT_TRUE(found.is_number()) << where;
    EXPECT_NEAR(found.get<double>(), expected.get<double>(), tolerance) << where;
  } else if (expected.is_object()) {
    for (const auto& [key, value] : expected.items()) {
      ASSERT_TRUE(found.contains(key)) << where << "." << key;
      expect_close(found.at(key), value, tolerance, where + "." + key);
    }
  } else if (expected.is_array()) {
    ASSERT_EQ(found.size(), expected.size()) << where;
    for (size_t i = 0; i < expected.size(); ++i) {
      expect_close(found[i], expected[i], tolerance, where + "[" + std::to_string(i) + "]");
    }
  } else {
    EXPECT_EQ(found, expected) << where;
  }
}

}  // namespace cairn::test
