#include "common/distribution_loss.h"

#include <algorithm>

#include <cairn/value.h>

#include "common/table.h"

namespace cairn::models {

namespace {

// softplus(x) equals x in float64 beyond this.
constexpr double kSoftplusThreshold = 60;

// What the positives need, level after level. All on the maps' device and in the loss' type.
struct Gathered {
  at::Tensor bins_N4K, logits_N, centres_N2, corners_N4, scores_N;  // centres and corners in units of the stride
};

Gathered gather(const DistributionMaps& maps, const Grid& grid, const Objects& objects, const Assignment& assignment) {
  const at::TensorOptions options = at_least_float(maps.boxes[0].detach().slice(0, 0, 0)).options();
  std::vector<int64_t> rows;
  for (const Positive& p : assignment.positives) rows.push_back(p.image * grid.anchors() + p.anchor);
  Tensors bins, logits;
  std::vector<double> centres, corners, scores;
  const std::vector<LevelRows> by_level = rows_by_level(grid, rows, options.device());
  for (size_t l = 0; l < by_level.size(); ++l) {
    const Level& level = grid.levels()[l];
    std::vector<int64_t> labels;
    for (const int64_t position : by_level[l].positions) {
      const Positive& p = assignment.positives[static_cast<size_t>(position)];
      const Object& object = objects[p.object];
      const Point centre = centre_of(level, p.anchor);
      labels.push_back(object.label);
      scores.push_back(p.score);
      for (const double v : {centre.x, centre.y}) centres.push_back(v / level.stride);
      for (const double v : {object.x1, object.y1, object.x2, object.y2}) corners.push_back(v / level.stride);
    }
    const at::Tensor cells = gather_cells(maps.boxes[l], by_level[l].images_N, by_level[l].cells_N);
    bins.push_back(at_least_float(cells).unflatten(1, {4, maps.boxes[l].size(1) / 4}));
    logits.push_back(at_least_float(
        gather_cells(maps.classes[l], by_level[l].images_N, to_tensor(labels, options.device()), by_level[l].cells_N)));
  }
  return {at::cat(bins), at::cat(logits), to_tensor(centres, options).view({-1, 2}),
          to_tensor(corners, options).view({-1, 4}), to_tensor(scores, options)};
}

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
  const Gathered at = gather(maps, grid, objects, terms.assignment);

  // BCE(x, t) = softplus(x) - x t, and t is 0 but for the positives' own class.
  at::Tensor cls = -(at.logits_N * at.scores_N).sum();
  for (const at::Tensor& map : maps.classes) cls = cls + at::softplus(at_least_float(map), 1, kSoftplusThreshold).sum();
  terms.cls = cls * (rule.cls_gain / normaliser);

  const at::Tensor predicted = corners_around(at.centres_N2, expected_distances(at.bins_N4K));
  const at::Tensor overlap = iou(predicted, at.corners_N4, rule.iou);
  terms.box = ((1 - overlap) * at.scores_N).sum() * (rule.box_gain / normaliser);

  const at::Tensor entropy = distribution_cross_entropy(at.bins_N4K, distances_to(at.centres_N2, at.corners_N4));
  terms.dfl = (entropy * at.scores_N).sum() * (rule.dfl_gain / normaliser);
  return terms;
}

Table describe(const Assignment& assignment, const Objects& objects) {
  std::vector<int64_t> per_image(static_cast<size_t>(objects.images()), 0);
  List assigned;
  for (const Positive& p : assignment.positives) {
    ++per_image[static_cast<size_t>(p.image)];
    assigned.emplace_back(list_of(p.image, p.anchor, p.object - objects.first_of(p.image), p.score));
  }
  List counts;
  for (const int64_t count : per_image) counts.emplace_back(count);
  const auto foreground = static_cast<int64_t>(assignment.positives.size());
  Table table;
  table["foreground_scored"] = foreground;
  table["foreground_per_image"] = std::move(counts);
  table["target_scores_sum"] = assignment.score_sum;
  table["assigned"] = std::move(assigned);
  return table;
}

}  // namespace cairn::models
