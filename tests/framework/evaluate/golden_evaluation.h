// The golden files of the evaluation, and how their figures are compared.
#pragma once
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/files.h"

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

inline std::vector<GoldenCase> golden_cases() {
  std::vector<GoldenCase> cases;
  for (const char* set : {"bccd", "synthetic"}) {
    const auto folder = evaluation_goldens() / set;
    cases.push_back(
        {set, folder / "ground_truth.json", folder / "detections.json", read_json(folder / "expected.json")});
  }
  const auto folder = evaluation_goldens() / "degenerate";
  const nlohmann::json degenerate = read_json(folder / "expected.json");
  for (const auto& one : degenerate.at("cases")) {
    cases.push_back({one.at("name"), folder / one.at("ground_truth").get<std::string>(),
                     folder / one.at("detections").get<std::string>(), one});
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
