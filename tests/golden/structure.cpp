#include <algorithm>

#include <torch/nn/module.h>

#include "golden/checks.h"
#include "model/state_entries.h"

namespace cairn::golden {

using nlohmann::json;

namespace {

std::string dtype_name(const at::Tensor& tensor) {
  if (tensor.scalar_type() == at::kFloat) return "float32";
  if (tensor.scalar_type() == at::kLong) return "int64";
  return c10::toString(tensor.scalar_type());
}

std::string compare_state(const std::vector<StateEntry>& found, const json& expected) {
  for (size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
    const json row = {found[i].name, found[i].tensor.sizes().vec(), dtype_name(found[i].tensor)};
    if (row != expected[i]) return cat("entry ", i, ": found ", row.dump(), ", expected ", expected[i].dump());
  }
  if (found.size() != expected.size()) return cat(found.size(), " entries, expected ", expected.size());
  return "";
}

}  // namespace

void check_structure(Subject& subject, const json& file, Report& report) {
  torch::nn::Module& module = subject.model().module();
  report.check("layers", compare_value(subject.inspection().layers(), file["layers"], 1e-6, 0));
  report.check("state", compare_state(state_entries(module), file["state"]));
  int64_t trainable = 0, all = 0;
  for (const at::Tensor& parameter : module.parameters()) {
    all += parameter.numel();
    trainable += parameter.requires_grad() ? parameter.numel() : 0;
  }
  report.check("parameters", compare_value(trainable, file["parameters"], 0, 0));
  if (file.contains("parameters_total")) {
    report.check("parameters_total", compare_value(all, file["parameters_total"], 0, 0));
  }
}

}  // namespace cairn::golden
