#include <algorithm>

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include "golden/checks.h"

namespace cairn::golden {

using nlohmann::json;

namespace {

// A file's `noise` says how far float32 alone moves single entries; three times that is allowed.
Tolerance tolerance_of(const json& file, const std::string& noise_key) {
  Tolerance tolerance;
  const json noise = file.value("noise", json::object()).value(noise_key, json::object());
  tolerance.noise = 3 * noise.value("entries", 0.0);
  tolerance.sums = std::max(tolerance.sums, 3 * noise.value("abs_sum", 0.0));
  return tolerance;
}

at::Tensor find(const models::NamedTensors& tensors, const std::string& name) {
  const auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](const auto& entry) { return entry.first == name; });
  return found == tensors.end() ? at::Tensor() : found->second;
}

// Rows sorted by score: neighbours with nearly equal scores may swap, so only sums and the scores themselves are
// compared.
std::string compare_ranking(const at::Tensor& found, json expected) {
  json index = json::array(), value = json::array();
  for (size_t i = 0; i < expected["index"].size(); ++i) {
    if (expected["index"][i].get<int64_t>() % 6 != 4) continue;
    index.push_back(expected["index"][i]);
    value.push_back(expected["value"][i]);
  }
  expected["index"] = index;
  expected["value"] = value;
  return compare_summary(found, expected, {});
}

models::NamedTensors predict(Model& model, const at::Tensor& images) {
  return inspection_of(model).predictions(model.forward(images));
}

void check_predictions(const models::NamedTensors& found, const json& block, const std::string& prefix,
                       const json& file, Report& report) {
  for (const auto& [name, expected] : block.items()) {
    if (!is_summary(expected)) continue;
    const at::Tensor tensor = find(found, name);
    if (!tensor.defined()) {
      report.check(prefix + name, "the model does not offer it");
    } else if (expected.contains("columns")) {
      report.check(prefix + name, compare_ranking(tensor, expected));
    } else {
      report.check(prefix + name, compare_summary(tensor, expected, tolerance_of(file, prefix + name)));
    }
  }
}

// Running statistics become those of the batch: momentum 1, one training forward.
void calibrate(Subject& subject, const at::Tensor& images) {
  subject.inspection().set_batch_norm_momentum(1);
  subject.model().module().train();
  subject.model().forward(images);
  subject.model().module().eval();
  subject.inspection().set_batch_norm_momentum(0.03);
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

// The contract of deploy(): the same as the model itself within 1e-4 of the largest entry, or within what float32 does
// to either of them.
std::string compare_to_plain(const at::Tensor& deployed, const at::Tensor& plain, const json& file) {
  const double largest = plain.abs().max().item<double>();
  const double noise =
      std::max(tolerance_of(file, "eval_prediction").noise, tolerance_of(file, "deploy_prediction").noise);
  return compare_number(largest_difference(deployed, plain), 0, 0, std::max(1e-4, noise) * largest);
}

// Without rounding that matters.
std::string compare_in_double(Subject& subject) {
  subject.model().module().to(at::kDouble);
  const at::Tensor images = subject.images(), plain = predict(subject.model(), images)[0].second;
  const at::Tensor deployed = predict(*subject.model().deploy(), images)[0].second;
  subject.model().module().to(at::kFloat);
  return compare_number(largest_difference(deployed, plain), 0, 0, 1e-6 * plain.abs().max().item<double>());
}

void check_deploy(Subject& subject, const json& file, const at::Tensor& plain, Report& report) {
  const at::Tensor images = subject.images();
  const std::unique_ptr<Model> deployed = subject.model().deploy();
  if (!deployed) return report.check("deploy", "there is no deployed model");
  const models::NamedTensors found = predict(*deployed, images);
  check_predictions(found, file["deploy"], "deploy_", file, report);
  report.check("deploy_equals_plain", compare_to_plain(found[0].second, plain, file));
  report.check("deploy_equals_plain_in_double", compare_in_double(subject));
  const Table counts = subject.inspection().deploy_counts();
  for (const auto& [name, expected] : file["deploy"].items()) {
    if (!expected.is_number_integer()) continue;
    const auto count = counts.find(name);
    report.check("deploy_" + name,
                 count == counts.end() ? "the model does not offer it" : compare_value(count->second, expected, 0, 0));
  }
}

}  // namespace

void check_evaluation(Subject& subject, const json& file, Report& report) {
  const at::NoGradGuard no_grad;
  const at::Tensor images = subject.images();
  subject.refill();
  subject.model().module().eval();
  const models::NamedTensors plain = predict(subject.model(), images);
  check_predictions(plain, file["eval"], "eval_", file, report);
  if (file.contains("deploy")) check_deploy(subject, file, plain[0].second, report);
  if (file["eval"].contains("batch_statistics")) {
    subject.refill();
    subject.model().module().train();
    check_predictions({{"batch_statistics", predict(subject.model(), images)[0].second}},
                      {{"batch_statistics", file["eval"]["batch_statistics"]["prediction"]}}, "eval_", file, report);
  }
  if (!file["eval"].contains("calibrated")) return;
  subject.refill();
  calibrate(subject, images);
  check_predictions({{"calibrated", predict(subject.model(), images)[0].second}},
                    {{"calibrated", file["eval"]["calibrated"]["prediction"]}}, "eval_", file, report);
  if (!file.value("deploy", json::object()).contains("calibrated")) return;
  check_predictions({{"calibrated", predict(*subject.model().deploy(), images)[0].second}},
                    {{"calibrated", file["deploy"]["calibrated"]["prediction"]}}, "deploy_", file, report);
}

}  // namespace cairn::golden
