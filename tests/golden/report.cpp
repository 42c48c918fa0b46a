#include "golden/report.h"

#include <algorithm>
#include <cmath>
#include <iostream>

namespace cairn::golden {

using nlohmann::json;

void Report::check(const std::string& name, const std::string& problem) {
  if (problem.empty()) {
    ++passed_;
    std::cout << "ok " << name << "\n";
  } else {
    ++failed_;
    std::cout << "FAIL " << name << ": " << problem << "\n";
  }
}

void Report::finish() const {
  std::cout << passed_ << " passed, " << failed_ << " failed" << std::endl;
}

bool is_summary(const json& value) {
  return value.is_object() && value.contains("shape") && value.contains("abs_sum");
}

std::string compare_number(double found, double expected, double relative, double absolute) {
  const double allowed = relative * std::abs(expected) + absolute;
  if (std::abs(found - expected) <= allowed) return "";
  return cat("found ", found, ", expected ", expected, ", off by ", std::abs(found - expected), ", allowed ", allowed);
}

std::string compare_summary(const at::Tensor& found, const json& expected, const Tolerance& tolerance) {
  const auto shape = expected["shape"].get<std::vector<int64_t>>();
  if (found.sizes() != at::IntArrayRef(shape))
    return cat("shape ", found.sizes(), ", expected ", at::IntArrayRef(shape));
  const at::Tensor flat = found.detach().to(at::kCPU, at::kDouble).contiguous().view({-1});
  const double abs_sum = expected["abs_sum"], sq_sum = expected["sq_sum"];
  const std::pair<const char*, std::pair<double, double>> sums[] = {
      {"sum", {flat.sum().item<double>(), abs_sum}},
      {"abs_sum", {flat.abs().sum().item<double>(), abs_sum}},
      {"sq_sum", {(flat * flat).sum().item<double>(), sq_sum}}};
  for (const auto& [name, value] : sums) {
    const std::string problem = compare_number(value.first, expected[name], 0, tolerance.sums * value.second);
    if (!problem.empty()) return cat(name, ": ", problem);
  }
  double largest = 0;
  for (const json& value : expected["value"]) largest = std::max(largest, std::abs(value.get<double>()));
  const double* data = flat.data_ptr<double>();
  for (size_t i = 0; i < expected["index"].size(); ++i) {
    const double wanted = expected["value"][i];
    const double allowed = std::max(tolerance.entries * largest, tolerance.noise * std::max(1.0, std::abs(wanted)));
    const int64_t index = expected["index"][i];
    const std::string problem = compare_number(data[index], wanted, 0, allowed);
    if (!problem.empty()) return cat("entry ", index, ": ", problem);
  }
  return "";
}

namespace {

std::string compare_lists(const List& found, const json& expected, double relative, double absolute) {
  if (!expected.is_array()) return "expected no list";
  if (found.size() != expected.size()) return cat(found.size(), " entries, expected ", expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    const std::string problem = compare_value(found[i], expected[i], relative, absolute);
    if (!problem.empty()) return cat("[", i, "] ", problem);
  }
  return "";
}

}  // namespace

std::string compare_value(const Value& found, const json& expected, double relative, double absolute) {
  if (const auto* table = found.as<Table>()) {
    for (const auto& [key, value] : *table) {
      if (!expected.contains(key)) return cat(key, " is not in the golden file");
      const std::string problem = compare_value(value, expected[key], relative, absolute);
      if (!problem.empty()) return cat(key, ": ", problem);
    }
    return "";
  }
  if (const auto* list = found.as<List>()) return compare_lists(*list, expected, relative, absolute);
  if (found.empty()) return expected.is_null() ? "" : "found nothing, expected " + expected.dump();
  if (const auto* text = found.as<std::string>()) {
    return expected == json(*text) ? "" : cat("found \"", *text, "\", expected ", expected.dump());
  }
  if (const auto* flag = found.as<bool>()) {
    return expected == json(*flag) ? "" : cat("found ", *flag, ", expected ", expected.dump());
  }
  if (!expected.is_number()) return cat("found ", found.to_text(), ", expected ", expected.dump());
  if (const auto* integer = found.as<int64_t>()) {
    return *integer == expected.get<double>() ? "" : cat("found ", *integer, ", expected ", expected.dump());
  }
  return compare_number(found.real(), expected.get<double>(), relative, absolute);
}

}  // namespace cairn::golden
