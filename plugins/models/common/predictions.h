// What an assigner may ask of a batch's predictions. It asks only where an object could be, so that nothing of the size
// images x anchors x objects is ever held, and so that a device is asked in a few gathers.
#pragma once
#include <vector>

#include "common/grid.h"
#include "common/iou.h"

namespace cairn::models {

// A row is image * anchors + anchor. Detached numbers on the host.
class SparsePredictions {
 public:
  virtual ~SparsePredictions() = default;
  virtual std::vector<Corners> boxes(const std::vector<int64_t>& rows) const = 0;  // pixels
  // Probability of labels[i] at rows[i].
  virtual std::vector<double> scores(const std::vector<int64_t>& rows, const std::vector<int64_t>& labels) const = 0;
};

// Rows sorted out by level, as indices into the level's maps.
struct LevelRows {
  std::vector<int64_t> positions;  // in the list of rows
  at::Tensor images_N, cells_N;    // int64, on the device asked for; cells count within the level, copies included
};
std::vector<LevelRows> rows_by_level(const Grid& grid, const std::vector<int64_t>& rows, const at::Device& device);
at::Tensor to_tensor(const std::vector<int64_t>& values, const at::Device& device);
at::Tensor to_tensor(const std::vector<double>& values, const at::TensorOptions& options);
std::vector<double> to_doubles(const at::Tensor& values);  // flattened

// [B, C, H, W] at (image, cell) -> [N, C], with gradients; a level of no rows still belongs to the graph.
at::Tensor gather_cells(const at::Tensor& map_BCHW, const at::Tensor& images_N, const at::Tensor& cells_N);
// The same for one channel per row -> [N].
at::Tensor gather_cells(const at::Tensor& map_BCHW, const at::Tensor& images_N, const at::Tensor& channels_N,
                        const at::Tensor& cells_N);

}  // namespace cairn::models
