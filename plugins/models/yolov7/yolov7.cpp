#include "yolov7/yolov7.h"

#include <cmath>

#include <ATen/ATen.h>

#include "common/anchor_maps.h"
#include "common/distribution_head.h"
#include "common/initialise.h"
#include "yolov7/blocks.h"

namespace cairn::models {

namespace {
constexpr IouRule kYoloV7Iou{Overlap::Ciou, 1e-7, /*height_eps=*/true, /*ratio_eps=*/true};
}

YoloV7::YoloV7(const YoloV7Params& params, const Context& context, Weights weights, Auxiliary auxiliary)
    : AnchorDetector(context), params_(params) {
  const YoloV7Variant variant = yolov7_variant(params.variant, auxiliary);
  auxiliary_ = variant.auxiliary;
  AutoAnchorRule anchor_rule;
  anchor_rule.random_fallback = false;
  anchor_rule.enough = std::nextafter(anchor_rule.enough, 0);  // here that recall itself is enough
  set_anchor_rule(params, anchor_rule, variant.anchors, variant.strides);
  Makers makers = yolov7_makers(variant.activation);
  makers["IDetect"] = makers["IAuxDetect"] = [this](const Place& at) { return make_head(at); };
  network_ = std::make_shared<Network>(variant.table, makers, Scaling{1, params.width});
  set_root(network_);
  if (weights == Weights::Fresh) {
    initialise(*network_, context.seed);
    head().start(context.seed, strides(), anchors_per_cell(), classes());
    mark_one_batch_of_zeros(*network_);
  }
  rule_ = rule_of(params, strides(), kYoloV7Iou);
  scale_gains(rule_, classes(), context.image_size);
}

Made YoloV7::make_head(const Place& at) const {
  const std::vector<int64_t> widths = widths_of(at);
  auto head = std::make_shared<ImplicitDetect>(widths, strides().size(), outputs_per_cell(),
                                               to_tensor(first_anchors(), strides()), strides());
  return {std::move(head), {}, listed_arguments(widths)};
}

GroupKind YoloV7::group_of(std::string_view name, const at::Tensor& parameter) const {
  const GroupKind kind = Detector::group_of(name, parameter);
  return kind == GroupKind::Decay && name.ends_with(".implicit") ? GroupKind::NoDecay : kind;
}

Tensors YoloV7::lead(const Tensors& outputs) const {
  return {outputs.begin(), outputs.begin() + static_cast<std::ptrdiff_t>(strides().size())};
}

YoloV7::Assigned YoloV7::assign(const Tensors& outputs, const Targets& targets) const {
  Assigned assigned{current_anchors(), AnchorObjects(targets, classes()), {}};
  const Tensors maps = lead(outputs);
  const Grid grid(maps, strides());
  const auto candidates = [&](double neighbours) {
    return match_anchors({params_.anchor_t, neighbours}, grid, assigned.anchors, assigned.objects);
  };
  if (!params_.loss_ota) {
    assigned.branches.push_back({maps, candidates(0.5), {}, {}});
    return assigned;
  }
  const bool both = auxiliary_ && outputs.size() > maps.size();
  const OtaRule rule{both ? 20 : 10, 3};
  const auto add = [&](Tensors branch_maps, double neighbours) {
    AnchorMatches found = candidates(neighbours);
    OtaResult ota = assign_ota(rule, maps, assigned.anchors, grid, assigned.objects, found);
    assigned.branches.push_back(
        {std::move(branch_maps), std::move(ota.matches), std::move(found), std::move(ota.overlap_sums)});
  };
  add(maps, 0.5);
  if (both) add({outputs.begin() + static_cast<std::ptrdiff_t>(maps.size()), outputs.end()}, 1);
  return assigned;
}

std::vector<AnchorLevelTerms> YoloV7::terms_of(const Assigned& assigned, size_t branch) const {
  const Branch& b = assigned.branches[branch];
  return anchor_level_terms(rule_, b.maps, assigned.anchors, assigned.objects, b.matches);
}

LossTerms YoloV7::loss(const Tensors& outputs, const Targets& targets, const Progress&) {
  const Assigned assigned = assign(outputs, targets);
  const std::vector<double> balance = level_balance(strides().size());
  AnchorTerms sums;
  accumulate(sums, terms_of(assigned, 0), balance);
  if (assigned.branches.size() > 1) accumulate(sums, terms_of(assigned, 1), balance, params_.auxiliary_gain);
  return loss_of(sums, rule_, targets.batch);
}

at::Tensor YoloV7::decode(const Tensors& outputs) {
  return detections(decode_anchors(lead(outputs), anchors_LA2(), strides()), LoneClass::Ignored);
}

std::unique_ptr<YoloV7> YoloV7::without_auxiliary() const {
  auto made = std::make_unique<YoloV7>(params_, context(), Weights::Empty, Auxiliary::Without);
  const std::string here = cat("model.", made->network_->size() - 1, "."),
                    there = cat("model.", network_->size() - 1, ".");
  copy_state(*network_, *made->network_,
             [&](const std::string& name) { return name.starts_with(here) ? there + name.substr(here.size()) : name; });
  return made;
}

std::unique_ptr<Model> YoloV7::deploy() {
  auto made = without_auxiliary();
  made->become_deployed();
  return made;
}

NamedTensors YoloV7::predictions(const Tensors& outputs) const {
  return {{"prediction", decode_anchors(lead(outputs), anchors_LA2(), strides())}};
}

Table YoloV7::training_details(const Tensors& outputs, const Targets& targets) const {
  const Assigned assigned = assign(outputs, targets);
  const char* const names[] = {"lead", "aux"};
  std::vector<std::vector<AnchorLevelTerms>> terms;
  Table table, candidates;
  List sums;
  for (size_t b = 0; b < assigned.branches.size(); ++b) {
    const Branch& branch = assigned.branches[b];
    terms.push_back(terms_of(assigned, b));
    table[names[b]] = describe(branch.matches, assigned.objects, params_.loss_ota ? Told::Object : Told::Label);
    List counts;
    for (const auto& level : branch.candidates) counts.emplace_back(static_cast<int64_t>(level.size()));
    candidates[names[b]] = std::move(counts);
    for (const auto& image : branch.overlap_sums) {
      List of_image;
      for (const double sum : image) of_image.emplace_back(sum);
      sums.emplace_back(std::move(of_image));
    }
  }
  if (params_.loss_ota) {
    table["candidates"] = std::move(candidates);
    table["iou_sums"] = std::move(sums);
  }
  AnchorDescription parts;
  for (size_t l = 0; l < strides().size(); ++l) {
    for (const auto& branch : terms) parts.add(branch[l]);
  }
  return {{"assigned", std::move(table)}, {"loss_parts", std::move(parts).table()}};
}

Table YoloV7::deploy_counts() {
  const auto made = without_auxiliary();
  made->head().merge();
  Table counts{{"parameters_deploy_graph", parameter_elements(*made->network_)}};
  merge_all(*made->network_);
  counts["parameters"] = parameter_elements(*made->network_);
  return counts;
}

}  // namespace cairn::models
