#include "common/positives.h"

namespace cairn::models {

Positives gather_positives(const DistributionMaps& maps, const Grid& grid, const Objects& objects,
                           const Assignment& assignment) {
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

}  // namespace cairn::models
