#include "golden/subject.h"

#include <algorithm>

#include <torch/nn/module.h>

#include "golden/fill.h"
#include "golden/weights.h"

namespace cairn::golden {

using nlohmann::json;

Identity identity_of(const json& file) {
  Identity identity;
  if (file.contains("family")) {
    identity.family = file["family"];
    identity.variant = file["variant"];
  } else {
    const std::string name = file.at("model");
    identity.family = name.substr(0, 6);
    identity.variant = name.substr(6);
    if (identity.variant.starts_with('-')) identity.variant.erase(0, 1);
    if (identity.variant.empty()) identity.variant = name.substr(4);
  }
  while (true) {
    const size_t plus = identity.variant.rfind('+');
    if (plus == std::string::npos) break;
    identity.options.push_back(identity.variant.substr(plus + 1));
    identity.variant.erase(plus);
  }
  return identity;
}

models::Inspection& inspection_of(Model& model) {
  void* found = model.extension(models::kInspection);
  if (found == nullptr) fail(Code::FailedPrecondition, "the model offers no ", models::kInspection);
  return *static_cast<models::Inspection*>(found);
}

namespace {

// What the block says of the loss: numbers of the trainer's file (the model scales its gains itself, so the unscaled
// ones win), the class of the loss, the assigner.
void add_loss_settings(const json& train, Table& wanted) {
  const json hyp = train.value("hyp", json::object());
  for (const char* numbers : {"scaled", "unscaled"}) {
    const json of_file = hyp.value(numbers, json::object());
    for (const auto& [name, value] : of_file.items()) wanted[name] = value.get<double>();
  }
  if (train.contains("loss_class")) wanted["loss_ota"] = train["loss_class"] != "ComputeLoss";
  if (train.contains("assigner")) wanted["atss_warmup_epochs"] = train["assigner"] == "ATSS" ? 1 : 0;
}

Table parameters(const json& file, const Identity& identity, const FactoryDescriptor& factory, const std::string& block,
                 const Table& more) {
  Table wanted;
  wanted["variant"] = identity.variant;
  for (const std::string& option : identity.options) wanted[option] = true;
  add_loss_settings(file[block], wanted);
  Table known;
  for (const auto& [name, value] : wanted) {
    const bool has = std::any_of(factory.params.begin(), factory.params.end(),
                                 [&name = name](const ParamSpec& spec) { return spec.name == name; });
    if (has) known[name] = value;
  }
  for (const auto& [name, value] : more) known[name] = value;
  return known;
}

}  // namespace

Subject::Subject(Registry& registry, const json& file, const std::string& block, const Table& more) : file_(file) {
  const Identity identity = identity_of(file);
  const FactoryDescriptor& factory = registry.require(Kind::Model, identity.family);
  Context context;
  const int64_t classes = file["classes"];
  for (int64_t c = 0; c < classes; ++c) context.classes.push_back(std::to_string(c));
  context.image_size = file["train"].value("hyp", json::object()).value("imgsz", 640);
  model_ = registry.create<Model>(identity.family, parameters(file, identity, factory, block, more), context);
  inspection_ = &inspection_of(*model_);
  refill();
}

void Subject::refill() {
  fill_weights(model_->module(), file_);
}

at::Tensor Subject::images() const {
  const auto shape = file_["image"].get<std::vector<int64_t>>();
  std::vector<float> values = image(shape[0], shape[2], shape[3]);
  return at::tensor(at::ArrayRef<float>(values)).view(shape).to(model_->module().parameters()[0].scalar_type());
}

Targets Subject::targets() const {
  const json& numbers = file_["targets"];
  const bool named = numbers.is_object();
  const int64_t batch = named ? numbers["batch"] : numbers[0], classes = named ? numbers["classes"] : numbers[2];
  const std::vector<float> rows = golden::targets(batch, named ? numbers["per_image"] : numbers[1], classes);
  const json& shape = file_["image"];
  return {at::tensor(at::ArrayRef<float>(rows)).view({-1, 6}), batch, shape[2], shape[3]};
}

}  // namespace cairn::golden
