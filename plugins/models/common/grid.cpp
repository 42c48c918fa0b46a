#include "common/grid.h"

#include <algorithm>

#include <cairn/error.h>

namespace cairn::models {

Grid::Grid(const std::vector<at::Tensor>& maps, const std::vector<double>& strides, int64_t copies) {
  if (maps.size() != strides.size()) fail(Code::Internal, maps.size(), " maps for ", strides.size(), " strides");
  for (size_t i = 0; i < maps.size(); ++i) {
    levels_.push_back({maps[i].size(-2), maps[i].size(-1), strides[i], anchors_, copies});
    anchors_ += levels_.back().anchors();
  }
}

const Level& Grid::level_of(int64_t anchor) const {
  const auto after = std::upper_bound(levels_.begin(), levels_.end(), anchor,
                                      [](int64_t a, const Level& level) { return a < level.first; });
  return *std::prev(after);
}

at::Tensor Grid::centres(const at::TensorOptions& options) const {
  std::vector<at::Tensor> parts;
  for (const Level& level : levels_) {
    const at::Tensor x = (at::arange(level.width, options) + 0.5).view({1, -1}).expand({level.height, level.width});
    const at::Tensor y = (at::arange(level.height, options) + 0.5).view({-1, 1}).expand({level.height, level.width});
    const at::Tensor cells = at::stack({x, y}, -1).view({-1, 2});
    for (int64_t copy = 0; copy < level.copies; ++copy) parts.push_back(cells);
  }
  return at::cat(parts);
}

at::Tensor Grid::strides(const at::TensorOptions& options) const {
  std::vector<at::Tensor> parts;
  for (const Level& level : levels_) parts.push_back(at::full({level.anchors(), 1}, level.stride, options));
  return at::cat(parts);
}

Point centre_of(const Level& level, int64_t anchor) {
  const int64_t cell = (anchor - level.first) % level.cells();
  return {(static_cast<double>(cell % level.width) + 0.5) * level.stride,
          (static_cast<double>(cell / level.width) + 0.5) * level.stride};
}

}  // namespace cairn::models
