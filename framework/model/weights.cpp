#include "model/weights.h"

#include <algorithm>
#include <map>

#include <torch/nn/module.h>

#include "base/nearest.h"

namespace cairn {

namespace {

constexpr const char* kWrappers[] = {"module.", "ema."};

std::map<std::string, at::Tensor> by_name(const TensorFile& file) {
  std::map<std::string, at::Tensor> tensors(file.tensors.begin(), file.tensors.end());
  for (const std::string wrapper : kWrappers) {
    const bool all = !tensors.empty() && std::all_of(tensors.begin(), tensors.end(), [&](const auto& entry) {
      return entry.first.starts_with(wrapper);
    });
    if (!all) continue;
    std::map<std::string, at::Tensor> shorter;
    for (auto& [name, tensor] : tensors) shorter.emplace(name.substr(wrapper.size()), tensor);
    tensors = std::move(shorter);
  }
  return tensors;
}

std::string with_nearest(std::string reason, const std::string& name, const std::vector<std::string>& others) {
  const std::string near = nearest(name, others);
  if (!near.empty()) reason += cat("; nearest is '", near, "'");
  return reason;
}

std::string shape_text(const at::Tensor& tensor) {
  return cat(tensor.sizes());
}

constexpr size_t kListed = 10;

void describe(const std::vector<NotTaken>& entries, std::string& text) {
  for (size_t i = 0; i < std::min(entries.size(), kListed); ++i) {
    text += cat("\n  ", entries[i].name, ": ", entries[i].reason);
  }
  if (entries.size() > kListed) text += cat("\n  and ", entries.size() - kListed, " more");
}

}  // namespace

std::string LoadReport::summary() const {
  return cat(taken.size(), " of ", taken.size() + missing.size(), " taken; ", missing.size(), " kept as initialised, ",
             unused.size(), " of the file unused");
}

LoadReport load_weights(torch::nn::Module& module, const TensorFile& file, LoadPolicy policy) {
  std::map<std::string, at::Tensor> offered = by_name(file);
  const std::vector<StateEntry> entries = state_entries(module);
  LoadReport report;
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;
  std::vector<std::string> own_names, misfits, left;
  for (const StateEntry& entry : entries) {
    own_names.push_back(entry.name);
    const auto found = offered.find(entry.name);
    if (found == offered.end()) {
      misfits.push_back(entry.name);
    } else if (found->second.sizes() != entry.tensor.sizes()) {
      const std::string reason =
          cat("the network has shape ", shape_text(entry.tensor), ", the file ", shape_text(found->second));
      report.missing.push_back({entry.name, reason});
      report.unused.push_back({entry.name, reason});
      offered.erase(found);
    } else {
      report.taken.push_back(entry.name);
      copies.emplace_back(entry.tensor, found->second);
      offered.erase(found);
    }
  }
  for (const auto& [name, tensor] : offered) left.push_back(name);
  for (const std::string& name : misfits) {
    report.missing.push_back({name, with_nearest("not in the file", name, left)});
  }
  for (const std::string& name : left) {
    report.unused.push_back({name, with_nearest("not in the network", name, misfits)});
  }
  if (policy == LoadPolicy::Strict && !report.missing.empty()) {
    std::string text = cat("the weights do not fit the network: ", report.summary());
    describe(report.missing, text);
    fail(Code::FailedPrecondition, text, "\nCheck the variant and the number of classes, or load only what fits.");
  }
  const at::NoGradGuard no_grad;
  for (auto& [to, from] : copies) to.copy_(from);
  return report;
}

std::map<std::string, std::string> network_about(const std::string& type, const Table& params,
                                                 std::span<const std::string> classes, int64_t image_size) {
  const List names(classes.begin(), classes.end());
  return {{"format", "cairn"},
          {"model", type},
          {"params", Value(params).to_text()},
          {"classes", Value(names).to_text()},
          {"image_size", std::to_string(image_size)}};
}

TensorFile weights_of(const torch::nn::Module& module, std::map<std::string, std::string> metadata) {
  TensorFile file;
  file.metadata = std::move(metadata);
  for (const StateEntry& entry : state_entries(module)) {
    at::Tensor tensor = entry.tensor.detach().to(at::kCPU);
    if (tensor.is_floating_point()) tensor = tensor.to(at::kFloat);
    file.tensors.emplace_back(entry.name, tensor.contiguous());
  }
  return file;
}

}  // namespace cairn
