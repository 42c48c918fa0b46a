#include <algorithm>
#include <map>

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include "golden/checks.h"
#include "model/state_entries.h"

namespace cairn::golden {

using nlohmann::json;

namespace {

struct Precision {
  double raw = 1e-4, raw_noise = 0, loss = 1e-4, gradient = 1e-3, gradient_floor = 1e-6, buffers = 1e-4;
  double details = 1e-3;
};

// `float32_error` of a block says how far float32 alone moves it; three times that is allowed.
Precision precision_of(const json& file, const std::string& block, bool double_precision) {
  const json error = file[block].value("float32_error", json::object());
  Precision p;
  if (double_precision) p = {1e-6, 0, 1e-6, 1e-6, 1e-9, 1e-6};
  p.details = std::max(p.details, 3 * error.value("raw_entries_over_rms", 0.0));
  if (double_precision) return p;
  p.loss += 3 * error.value("loss", 0.0);
  const json noise = file.value("noise", json::object());
  p.raw_noise = 3 * noise.value("train_raw", json::object()).value("entries", 0.0);
  p.loss = std::max(p.loss, 3 * noise.value("loss", 0.0));
  p.gradient = std::max(p.gradient, 3 * noise.value("grad_norm", 0.0));
  return p;
}

// Leaves of nested objects and lists, as "one2many/0".
void summaries(const json& value, const std::string& path, std::vector<std::pair<std::string, json>>& into) {
  if (is_summary(value)) {
    into.emplace_back(path, value);
  } else if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) {
      summaries(value[i], (path.empty() ? "" : path + "/") + std::to_string(i), into);
    }
  } else if (value.is_object()) {
    for (const auto& [key, entry] : value.items()) summaries(entry, (path.empty() ? "" : path + "/") + key, into);
  }
}

void check_raw(const models::NamedTensors& raw, const json& expected, const Precision& precision,
               const std::string& prefix, Report& report) {
  const std::map<std::string, at::Tensor> found(raw.begin(), raw.end());
  std::vector<std::pair<std::string, json>> wanted;
  summaries(expected, "", wanted);
  for (const auto& [name, summary] : wanted) {
    const auto tensor = found.find(name);
    report.check(prefix + ".raw." + name,
                 tensor == found.end()
                     ? "the model does not offer it"
                     : compare_summary(tensor->second, summary, {precision.raw, precision.raw, precision.raw_noise}));
  }
}

// Terms by name, nested ones joined with '_' ("one2many_box").
void check_terms(const LossTerms& loss, const json& expected, const std::string& path, double relative,
                 const std::string& prefix, Report& report) {
  for (const auto& [name, value] : expected.items()) {
    const std::string full = path.empty() ? name : path + "_" + name;
    if (value.is_object()) {
      check_terms(loss, value, full, relative, prefix, report);
    } else if (value.is_number() && name != "total") {
      const auto term =
          std::find_if(loss.terms.begin(), loss.terms.end(), [&](const auto& t) { return t.first == full; });
      report.check(prefix + ".loss." + full, term == loss.terms.end()
                                                 ? "the model has no such term"
                                                 : compare_number(term->second.item<double>(), value, relative, 1e-9));
    }
  }
}

void check_loss(const LossTerms& loss, const json& expected, double relative, const std::string& prefix,
                Report& report) {
  check_terms(loss, expected["loss"], "", relative, prefix, report);
  const json& total = expected.contains("loss_sum") ? expected["loss_sum"] : expected["loss"]["total"];
  report.check(prefix + ".loss.total", compare_number(loss.total.item<double>(), total, relative));
}

std::string compare_gradients(torch::nn::Module& module, const json& expected, const json& zero,
                              const Precision& precision) {
  double largest = 0;
  for (const auto& [name, norm] : expected.items()) largest = std::max(largest, norm.get<double>());
  const auto parameters = module.named_parameters();
  std::string first;
  int wrong = 0, compared = 0;
  for (const auto& [name, norm] : expected.items()) {
    if (std::find(zero.begin(), zero.end(), json(name)) != zero.end()) continue;
    const at::Tensor* parameter = parameters.find(name);
    if (parameter == nullptr) return cat("no parameter ", name);
    std::string problem = "no gradient";
    if (parameter->grad().defined()) {
      const double found = parameter->grad().to(at::kDouble).norm().item<double>();
      problem = compare_number(found, norm, precision.gradient, precision.gradient_floor * largest);
    }
    ++compared;
    if (!problem.empty() && ++wrong == 1) first = cat(name, ": ", problem);
  }
  return wrong == 0 ? "" : cat(wrong, " of ", compared, ", first ", first);
}

at::Tensor buffer(torch::nn::Module& module, const std::string& name) {
  std::vector<at::Tensor> parts;
  for (const StateEntry& entry : state_entries(module)) {
    if (entry.name == name) return entry.tensor;
    if (entry.name.ends_with("." + name)) parts.push_back(entry.tensor);
  }
  if (parts.empty()) fail(Code::NotFound, "no buffer ", name);
  return at::cat(parts);
}

// A target score below this is nothing in float32. Which anchors of no score an object gets is for the order of ties in
// top-k to say, and none of them changes a loss: neither side's are compared.
constexpr double kLeastScore = 1e-35;

// An assignment as a golden file has it: rows [image, anchor, object, score], and counts of them.
json scored_only(json assignment) {
  if (!assignment.contains("foreground_scored")) {
    for (auto& [branch, inner] : assignment.items()) inner = scored_only(inner);
    return assignment;
  }
  json rows = json::array();
  std::vector<int64_t> per_image(assignment["foreground_per_image"].size(), 0);
  for (const json& row : assignment["assigned"]) {
    if (row[3].get<double>() < kLeastScore) continue;
    ++per_image.at(row[0].get<size_t>());
    rows.push_back(row);
  }
  assignment["foreground_scored"] = rows.size();
  assignment["foreground_per_image"] = per_image;
  assignment["assigned"] = rows;
  return assignment;
}

Value scored_only(const Value& assignment) {
  Table table = assignment.table();
  if (!table.contains("foreground_scored")) {
    for (auto& [branch, inner] : table) inner = scored_only(inner);
    return table;
  }
  List rows, per_image;
  std::vector<int64_t> counts(table["foreground_per_image"].list().size(), 0);
  for (const Value& row : table["assigned"].list()) {
    if (row.list()[3].real() < kLeastScore) continue;
    ++counts.at(static_cast<size_t>(row.list()[0].integer()));
    rows.push_back(row);
  }
  for (const int64_t count : counts) per_image.emplace_back(count);
  table["foreground_scored"] = static_cast<int64_t>(rows.size());
  table["foreground_per_image"] = std::move(per_image);
  table["assigned"] = std::move(rows);
  return table;
}

std::string compare_detail(const std::string& name, const Value& found, const json& expected, double relative) {
  if (!name.starts_with("assignment")) return compare_value(found, expected, relative, 1e-6);
  return compare_value(scored_only(found), scored_only(expected), relative, 1e-6);
}

// Integers exactly, reals within `relative`.
void check_details(const Table& details, const json& expected, double relative, const std::string& prefix,
                   Report& report) {
  for (const auto& [name, value] : details) {
    report.check(prefix + "." + name, expected.contains(name) ? compare_detail(name, value, expected[name], relative)
                                                              : "is not in the golden file");
  }
  for (const char* name :
       {"assignment", "assigned", "loss_parts", "loss_aux", "loss_main", "loss_ab", "assignment_ab"}) {
    if (expected.contains(name) && !details.contains(name))
      report.check(prefix + "." + name, "the model does not offer it");
  }
}

// Float32 forward and loss of files whose sharper numbers are in double precision.
void check_single(Subject& subject, const json& file, const std::string& block, Report& report) {
  subject.refill();
  subject.model().module().train();
  const std::vector<at::Tensor> outputs = subject.model().forward(subject.images());
  const LossTerms loss = subject.model().loss(outputs, subject.targets(), {});
  check_loss(loss, file[block], precision_of(file, block, false).loss, block, report);
}

}  // namespace

void check_training(Subject& subject, const json& file, const std::string& block, Report& report) {
  const std::string sharper = block + "_float64";
  const bool doubled = file.contains(sharper);
  if (doubled) check_single(subject, file, block, report);
  subject.refill();
  torch::nn::Module& module = subject.model().module();
  module.train();
  if (doubled) module.to(at::kDouble);
  module.zero_grad();
  const json& expected = file[doubled ? sharper : block];
  const std::string name = doubled ? sharper : block;
  const Precision precision = precision_of(file, block, doubled);
  const std::vector<at::Tensor> outputs = subject.model().forward(subject.images());
  const Targets targets = subject.targets();
  const LossTerms loss = subject.model().loss(outputs, targets, {});
  if (expected.contains("raw")) check_raw(subject.inspection().raw(outputs), expected["raw"], precision, name, report);
  check_loss(loss, expected, precision.loss, name, report);
  check_details(subject.inspection().training_details(outputs, targets), file[block], precision.details, block, report);
  loss.total.backward();
  const json zero = file[block].value("grad_zero", json::array());
  report.check(name + ".grad_norm", compare_gradients(module, expected["grad_norm"], zero, precision));
  const json buffers = expected.value("buffers_after", json::object());
  for (const auto& [key, summary] : buffers.items()) {
    report.check(name + ".buffers_after." + key,
                 compare_summary(buffer(module, key), summary, {precision.buffers, precision.buffers, 0}));
  }
  if (doubled) module.to(at::kFloat);
}

}  // namespace cairn::golden
