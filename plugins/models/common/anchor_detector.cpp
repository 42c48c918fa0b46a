#include "common/anchor_detector.h"

#include "common/anchor_maps.h"
#include "common/table.h"

namespace cairn::models {

void* AnchorDetector::extension(std::string_view id) {
  if (id != kDatasetStatisticsExtension) return Detector::extension(id);
  return adapts_ ? static_cast<void*>(static_cast<DatasetStatistics*>(this)) : nullptr;
}

void AnchorDetector::set_anchor_rule(const AnchorParams& params, const AutoAnchorRule& rule,
                                     const AnchorTable& published, const std::vector<double>& strides) {
  strides_ = strides;
  given_ = !params.anchors.empty();
  adapts_ = params.auto_anchor || given_;
  auto_anchor_ = rule;
  auto_anchor_.max_ratio = params.anchor_t;
  first_anchors_ = params.anchors.empty() ? published : in_order(anchor_table(params.anchors, strides.size()), strides);
}

void AnchorDetector::take_box_sizes(std::span<const BoxSize> boxes) {
  if (given_) return set_anchors(first_anchors_);
  const AutoAnchorResult result =
      auto_anchor(boxes, current_anchors(), strides_, auto_anchor_, context().image_size, context().seed);
  context().log->info("anchors: ", result.before.recall, " of ", boxes.size(), " boxes fit one, each ",
                      result.before.anchors_per_box, " of them",
                      result.changed ? cat("; chosen anew, now ", result.after.recall) : std::string("; kept"));
  if (result.changed) set_anchors(result.anchors);
}

NamedTensors AnchorDetector::raw(const Tensors& outputs) const {
  NamedTensors named;
  for (size_t l = 0; l < outputs.size(); ++l) {
    named.emplace_back(std::to_string(l), published_map(outputs[l], anchors_per_cell()));
  }
  return named;
}

LossTerms AnchorDetector::loss_of(const AnchorTerms& sums, const AnchorLossRule& rule, int64_t batch) const {
  const AnchorTerms terms = with_gains(sums, rule);
  return {terms.sum() * static_cast<double>(batch),
          {{"box", terms.box.detach()}, {"obj", terms.obj.detach()}, {"cls", terms.cls.detach()}}};
}

List AnchorDetector::listed_arguments(const std::vector<int64_t>& widths) const {
  List anchors;
  for (const auto& level : first_anchors_) {
    List sides;
    for (const AnchorSize& size : level) {
      sides.emplace_back(size.width);
      sides.emplace_back(size.height);
    }
    anchors.emplace_back(std::move(sides));
  }
  return list_of(classes(), std::move(anchors), List(widths.begin(), widths.end()));
}

void AnchorDescription::add(const AnchorLevelTerms& level) {
  obj.emplace_back(level.obj.item<double>());
  const bool any = level.overlap_U.defined();
  obj_target_sum.emplace_back(any ? level.overlap_U.sum().item<double>() : 0.0);
  obj_target_nonzero.emplace_back(any ? (level.overlap_U > 0).sum().item<int64_t>() : int64_t{0});
  if (level.box.defined()) box.emplace_back(level.box.item<double>());
  if (level.cls.defined()) cls.emplace_back(level.cls.item<double>());
}

Table AnchorDescription::table() && {
  return {{"obj", std::move(obj)},
          {"obj_target_sum", std::move(obj_target_sum)},
          {"obj_target_nonzero", std::move(obj_target_nonzero)},
          {"box", std::move(box)},
          {"cls", std::move(cls)}};
}

List describe(const AnchorMatches& matches, const AnchorObjects& objects, Told last) {
  List levels;
  for (const auto& level : matches) {
    List rows;
    for (const AnchorMatch& m : level) {
      const int64_t told = last == Told::Label ? objects.label(m.object) : m.object;
      rows.emplace_back(list_of(m.image, m.anchor, m.row, m.column, told));
    }
    levels.emplace_back(std::move(rows));
  }
  return levels;
}

}  // namespace cairn::models
