#include "golden/weights.h"

#include <cmath>
#include <optional>
#include <regex>

#include <torch/nn/module.h>

#include <cairn/error.h>

#include "golden/fill.h"
#include "model/state_entries.h"

namespace cairn::golden {

namespace {

using nlohmann::json;

// value = (offset + factor * u) * scale - step * (index mod 16)
struct Rule {
  double offset = 0, factor = 1, scale = 1, step = 0;
};

double fan_in_scale(const at::Tensor& tensor) {
  return 1.7 * std::sqrt(3.0 / (static_cast<double>(tensor.numel()) / static_cast<double>(tensor.size(0))));
}

// Keep means that the tensor keeps its constructed value.
struct Verdict {
  bool keep = false;
  Rule rule;
};

std::optional<Verdict> by_rules(const json& file, const StateEntry& entry) {
  if (!file.contains("fill_rules")) return std::nullopt;
  for (const json& row : file["fill_rules"]) {
    if (!std::regex_search(entry.name, std::regex(row[0].get<std::string>()))) continue;
    const auto kind = row[1].get<std::string>();
    if (kind == "keep") return Verdict{true, {}};
    if (kind == "scale") return Verdict{false, {0, row[2].get<double>(), fan_in_scale(entry.tensor), 0}};
    if (kind == "affine") return Verdict{false, {row[2].get<double>(), row[3].get<double>(), 1, 0}};
    fail(Code::InvalidArgument, "fill_rules: unknown kind '", kind, "'");
  }
  return std::nullopt;
}

std::optional<Verdict> by_exception(const json& file, const StateEntry& entry) {
  if (file.contains("fill_rules") || !file.contains("fill_exceptions")) return std::nullopt;
  const json& exceptions = file["fill_exceptions"];
  if (!exceptions.contains(entry.name)) return std::nullopt;
  const auto text = exceptions[entry.name].get<std::string>();
  if (text.starts_with("constructed value")) return Verdict{true, {}};
  if (text.starts_with("0.1u - 0.6*(index mod 16)")) return Verdict{false, {0, 0.1, 1, 0.6}};
  if (text == "0.1*u") return Verdict{false, {0, 0.1, 1, 0}};
  if (text == "1 + 0.1*u") return Verdict{false, {1, 0.1, 1, 0}};
  fail(Code::InvalidArgument, "fill_exceptions: cannot read '", text, "' of ", entry.name);
}

Verdict by_name(const json& file, const StateEntry& entry) {
  const std::string leaf = entry.name.substr(entry.name.rfind('.') + 1);
  if (leaf == "running_var") {
    const json exponents = file.value("running_var_exponent", json::object());
    return {false, {1, 0.25, std::exp2(exponents.value(entry.name, 0.0)), 0}};
  }
  if (leaf == "running_mean" || leaf == "bias") return {false, {0, 0.1, 1, 0}};
  if (leaf == "weight" && entry.tensor.dim() >= 2) return {false, {0, 1, fan_in_scale(entry.tensor), 0}};
  if (leaf == "weight") return {false, {1, 0.1, 1, 0}};
  if (entry.parameter) fail(Code::InvalidArgument, "no rule fills ", entry.name);
  return {true, {}};
}

}  // namespace

void fill_weights(torch::nn::Module& module, const json& file) {
  const at::NoGradGuard no_grad;
  for (const StateEntry& entry : state_entries(module)) {
    if (!entry.tensor.is_floating_point()) continue;
    std::optional<Verdict> verdict = by_rules(file, entry);
    if (!verdict) verdict = by_exception(file, entry);
    if (!verdict) verdict = by_name(file, entry);
    if (verdict->keep) continue;
    const Rule& rule = verdict->rule;
    const std::vector<double> u = uniform(entry.name, entry.tensor.numel());
    at::Tensor values = at::empty(entry.tensor.sizes(), at::kFloat);
    float* to = values.data_ptr<float>();
    for (size_t i = 0; i < u.size(); ++i) {
      const double value = (rule.offset + rule.factor * (2 * u[i] - 1)) * rule.scale;
      to[i] = static_cast<float>(value - rule.step * static_cast<double>(i % 16));
    }
    at::Tensor tensor = entry.tensor;
    tensor.copy_(values);
  }
}

}  // namespace cairn::golden
