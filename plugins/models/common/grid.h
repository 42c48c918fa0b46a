// The cells of all levels as one list of anchors: level after level, row by row.
#pragma once
#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

namespace cairn::models {

struct Level {
  int64_t height = 0, width = 0;
  double stride = 0;   // pixels per cell
  int64_t first = 0;   // index of its first anchor
  int64_t copies = 1;  // anchors per cell; all cells of copy 0 come first, then all of copy 1
  int64_t cells() const { return height * width; }
  int64_t anchors() const { return cells() * copies; }
  bool operator==(const Level&) const = default;
};

class Grid {
 public:
  Grid() = default;
  // maps: one tensor per level whose last two dimensions are height and width.
  Grid(const std::vector<at::Tensor>& maps, const std::vector<double>& strides, int64_t copies = 1);

  const std::vector<Level>& levels() const { return levels_; }
  int64_t anchors() const { return anchors_; }
  const Level& level_of(int64_t anchor) const;
  // Of the image that the maps came from, in pixels.
  double image_height() const { return static_cast<double>(levels_[0].height) * levels_[0].stride; }
  double image_width() const { return static_cast<double>(levels_[0].width) * levels_[0].stride; }

  // Cell centres (column + 0.5, row + 0.5) in cells, and strides: [A, 2] and [A, 1].
  at::Tensor centres(const at::TensorOptions& options) const;
  at::Tensor strides(const at::TensorOptions& options) const;

 private:
  std::vector<Level> levels_;
  int64_t anchors_ = 0;
};

// A centre in pixels. [value]
struct Point {
  double x, y;
};
Point centre_of(const Level& level, int64_t anchor);

}  // namespace cairn::models
