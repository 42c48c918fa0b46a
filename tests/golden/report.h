// One line per check on stdout, and comparisons that say where they fail.
#pragma once
#include <string>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <cairn/value.h>

namespace cairn::golden {

class Report {
 public:
  void check(const std::string& name, const std::string& problem);  // an empty problem is a pass
  int failed() const { return failed_; }
  void finish() const;  // "N passed, M failed"

 private:
  int passed_ = 0, failed_ = 0;
};

// entries: of the largest entry of the summary; noise: of max(1, |entry|), whichever is larger. sums: relative, `sum`
// to the sum of magnitudes.
struct Tolerance {
  double entries = 1e-4;
  double sums = 1e-4;
  double noise = 0;
};

// Empty when they agree.
std::string compare_summary(const at::Tensor& found, const nlohmann::json& expected, const Tolerance& tolerance);
std::string compare_number(double found, double expected, double relative, double absolute = 0);
// Every number, list and key of `found` must stand in `expected`: integers exactly, reals as compare_number.
std::string compare_value(const Value& found, const nlohmann::json& expected, double relative, double absolute);
bool is_summary(const nlohmann::json& value);

}  // namespace cairn::golden
