#include "common/distribution_loss.h"

#include <algorithm>

#include <cairn/value.h>

#include "common/positives.h"
#include "common/table.h"

namespace cairn::models {

namespace {

// softplus(x) equals x in float64 beyond this.
constexpr double kSoftplusThreshold = 60;

}  // namespace

Objects objects_for(const DistributionLossRule& rule, const DistributionMaps& maps, const Targets& targets) {
  const Grid grid(maps.boxes, rule.strides);
  return {targets, grid.image_width(), grid.image_height(), maps.classes[0].size(1)};
}

DistributionTerms distribution_loss(const DistributionLossRule& rule, const DistributionMaps& maps,
                                    const Targets& targets) {
  const Grid grid(maps.boxes, rule.strides);
  const Objects objects = objects_for(rule, maps, targets);
  DistributionTerms terms;
  terms.assignment = assign_task_aligned(rule.assigner, grid, objects, DistributionPredictions(maps, grid));
  const double normaliser = std::max(terms.assignment.score_sum, 1.0);
  const Positives at = gather_positives(maps, grid, objects, terms.assignment);

  // BCE(x, t) = softplus(x) - x t, and t is 0 but for the positives' own class.
  at::Tensor cls = -(at.logits_N * at.scores_N).sum();
  for (const at::Tensor& map : maps.classes) cls = cls + at::softplus(at_least_float(map), 1, kSoftplusThreshold).sum();
  terms.cls = cls * (rule.cls_gain / normaliser);

  const at::Tensor overlap = iou(at.predicted(), at.corners_N4, rule.iou);
  terms.box = ((1 - overlap) * at.scores_N).sum() * (rule.box_gain / normaliser);

  const at::Tensor entropy = distribution_cross_entropy(at.bins_N4K, at.distances());
  terms.dfl = (entropy * at.scores_N).sum() * (rule.dfl_gain / normaliser);
  return terms;
}

Table describe(const Assignment& assignment, const Objects& objects) {
  std::vector<int64_t> per_image(static_cast<size_t>(objects.images()), 0);
  List assigned;
  int64_t scored = 0;
  for (const Positive& p : assignment.positives) {
    scored += p.score > 0 ? 1 : 0;
    ++per_image[static_cast<size_t>(p.image)];
    assigned.emplace_back(list_of(p.image, p.anchor, p.object - objects.first_of(p.image), p.score));
  }
  List counts;
  for (const int64_t count : per_image) counts.emplace_back(count);
  Table table;
  table["foreground_scored"] = scored;
  table["foreground_per_image"] = std::move(counts);
  table["target_scores_sum"] = assignment.score_sum;
  table["assigned"] = std::move(assigned);
  return table;
}

}  // namespace cairn::models
