// A loss alone, on synthetic outputs: files loss_cases.json of the anchor-based families.
#include <ATen/ATen.h>

#include "golden/checks.h"
#include "golden/fill.h"

namespace cairn::golden {

using nlohmann::json;

namespace {

struct Case {
  std::string family, variant;
  bool ota = false, auxiliary = false;
  size_t levels = 0;
  int64_t anchors = 0;  // per level
  int64_t batch = 0, height = 0, width = 0, classes = 0;
};

Case case_of(const json& file, const json& entry) {
  Case c;
  const std::string loss = entry["loss"];
  c.family = file["reference"].get<std::string>().find("yolov5") != std::string::npos ? "yolov5" : "yolov7";
  c.ota = loss != "ComputeLoss";
  c.auxiliary = loss == "ComputeLossAuxOTA";
  const json& anchors = file["anchors_pixels"][entry["anchors"].get<std::string>()];
  c.levels = anchors.size();
  c.anchors = static_cast<int64_t>(anchors[0].size()) / 2;
  if (c.family == "yolov5") {
    c.variant = c.levels == 4 ? "custom6" : "custom";
  } else {
    c.variant = c.levels == 4 ? "w6" : "tiny";
  }
  const json& image = entry["image"];
  c.batch = image[0];
  c.height = image[2];
  c.width = image[3];
  c.classes = entry["classes"];
  return c;
}

// Gains of the file are used as they stand; the models scale theirs by levels and classes.
std::unique_ptr<Model> make(Registry& registry, const json& file, const json& entry, const Case& c) {
  const double levels = static_cast<double>(c.levels) / 3;
  Table params{{"variant", c.variant}, {"width", 0.0625}};
  for (const auto& [name, value] : entry["hyp"].items()) params[name] = value.get<double>();
  params["box"] = entry["hyp"]["box"].get<double>() * levels;
  params["obj"] = entry["hyp"]["obj"].get<double>() * levels;
  params["cls"] = entry["hyp"]["cls"].get<double>() * levels * 80 / static_cast<double>(c.classes);
  List anchors;
  for (const json& level : file["anchors_pixels"][entry["anchors"].get<std::string>()]) {
    for (const json& side : level) anchors.emplace_back(side.get<double>());
  }
  params["anchors"] = std::move(anchors);
  if (c.family == "yolov7") params["loss_ota"] = c.ota;
  Context context;
  for (int64_t i = 0; i < c.classes; ++i) context.classes.push_back(std::to_string(i));
  return registry.create<Model>(c.family, params, context);
}

// Output i of a case, [B, 3 * (5 + K), H, W].
std::vector<at::Tensor> outputs_of(const json& file, const json& entry, const Case& c) {
  std::vector<at::Tensor> outputs;
  for (size_t i = 0; i < c.levels * (c.auxiliary ? 2 : 1); ++i) {
    const int64_t stride = file["strides"][i % c.levels];
    const int64_t height = c.height / stride, width = c.width / stride, out = c.classes + 5;
    const std::string name = entry["name"].get<std::string>() + ".raw." + std::to_string(i);
    std::vector<float> raw;
    for (const double u : uniform(name, c.batch * c.anchors * height * width * out)) {
      raw.push_back(static_cast<float>(2 * (2 * u - 1)));
    }
    const at::Tensor published = at::tensor(at::ArrayRef<float>(raw)).view({c.batch, c.anchors, height, width, out});
    outputs.push_back(published.permute({0, 1, 4, 2, 3}).flatten(1, 2).contiguous().requires_grad_());
  }
  return outputs;
}

Targets targets_of(const json& entry, const Case& c) {
  std::vector<float> rows;
  for (const json& row : entry["targets"]) {
    for (const json& value : row) rows.push_back(value.get<float>());
  }
  return {at::tensor(at::ArrayRef<float>(rows)).view({-1, 6}), c.batch, c.height, c.width};
}

// Where a cut falls between equal costs, the order of equal rows is free.
std::string compare_assigned(const Value& found, const json& expected, bool tied) {
  if (!tied) return compare_value(found, expected, 0, 0);
  const auto sorted = [](json levels) {
    for (json& level : levels) std::sort(level.begin(), level.end());
    return levels;
  };
  json mine = json::parse(found.to_text(), nullptr, false);
  if (mine.is_discarded()) return "cannot be written as JSON";
  return sorted(mine) == sorted(expected) ? "" : cat("found ", mine.dump(), ", expected ", expected.dump());
}

std::string compare_gradient(const at::Tensor& output, const json& expected, const Case& c) {
  const at::Tensor grad = output.grad().to(at::kDouble).unflatten(1, {c.anchors, c.classes + 5});
  const std::pair<const char*, at::Tensor> parts[] = {
      {"norm", grad}, {"box", grad.slice(2, 0, 4)}, {"obj", grad.slice(2, 4, 5)}, {"cls", grad.slice(2, 5)}};
  const double largest = expected["norm"];
  for (const auto& [name, part] : parts) {
    if (!expected.contains(name)) continue;
    const std::string problem = compare_number(part.norm().item<double>(), expected[name], 1e-3, 1e-5 * largest);
    if (!problem.empty()) return cat(name, ": ", problem);
  }
  return "";
}

// Per level, the auxiliary branch's behind the lead's: mean entropy of the objectness, sum of its targets and how many
// are above 0; and the class term of those that have matches.
std::string compare_parts(const Table& parts, const json& entry) {
  if (!entry.contains("obj_calls")) return "";
  json expected{{"obj", json::array()}, {"obj_target_sum", json::array()}, {"obj_target_nonzero", json::array()}};
  for (const json& call : entry["obj_calls"]) {
    expected["obj"].push_back(call[0]);
    expected["obj_target_sum"].push_back(call[1]);
    expected["obj_target_nonzero"].push_back(call[2]);
  }
  expected["cls"] = entry["cls_calls"];
  Table found = parts;
  found.erase("box");
  return compare_value(found, expected, 1e-4, 1e-6);
}

void check_case(Registry& registry, const json& file, const json& entry, Report& report) {
  const std::string name = entry["name"];
  const Case c = case_of(file, entry);
  const std::unique_ptr<Model> model = make(registry, file, entry, c);
  const std::vector<at::Tensor> outputs = outputs_of(file, entry, c);
  const Targets targets = targets_of(entry, c);
  const LossTerms loss = model->loss(outputs, targets, {});
  for (const auto& [term, value] : loss.terms) {
    report.check(name + "." + term, compare_number(value.item<double>(), entry[term], 1e-4, 1e-9));
  }
  report.check(name + ".total", compare_number(loss.total.item<double>(), entry["total"], 1e-4));
  const Table details = inspection_of(*model).training_details(outputs, targets);
  report.check(name + ".parts", compare_parts(details.at("loss_parts").table(), entry));
  const Table& assigned = *details.at("assigned").as<Table>();
  const bool tied = entry.contains("tied_cuts") && entry["tied_cuts"] != 0;
  const json levels_of = entry.contains("assigned") ? entry["assigned"] : json::object();
  for (const auto& [branch, levels] : levels_of.items()) {
    report.check(name + ".assigned." + branch, compare_assigned(assigned.at(branch), levels, tied));
  }
  for (const auto& [branch, counts] : entry["matches"].items()) {
    const List& levels = *assigned.at(branch).as<List>();
    for (size_t l = 0; l < counts.size(); ++l) {
      const auto found = static_cast<int64_t>(levels[l].as<List>()->size());
      report.check(cat(name, ".matches.", branch, ".", l), compare_value(found, counts[l], 0, 0));
    }
  }
  loss.total.backward();
  for (size_t i = 0; i < outputs.size(); ++i) {
    report.check(cat(name, ".grad.", i), compare_gradient(outputs[i], entry["grad"][i], c));
  }
}

}  // namespace

void check_loss_cases(Registry& registry, const json& file, Report& report) {
  for (const json& entry : file["cases"]) {
    try {
      check_case(registry, file, entry, report);
    } catch (const std::exception& error) {
      report.check(entry["name"], error.what());
    }
  }
}

}  // namespace cairn::golden
