#include "common/predictions.h"

namespace cairn::models {

at::Tensor to_tensor(const std::vector<int64_t>& values, const at::Device& device) {
  return at::tensor(at::ArrayRef<int64_t>(values), at::kLong).to(device);
}

at::Tensor to_tensor(const std::vector<double>& values, const at::TensorOptions& options) {
  return at::tensor(at::ArrayRef<double>(values), at::kDouble).to(options.device(), options.dtype().toScalarType());
}

std::vector<double> to_doubles(const at::Tensor& values) {
  const at::Tensor host = values.detach().to(at::kCPU, at::kDouble).contiguous();
  return {host.data_ptr<double>(), host.data_ptr<double>() + host.numel()};
}

std::vector<LevelRows> rows_by_level(const Grid& grid, const std::vector<int64_t>& rows, const at::Device& device) {
  const size_t levels = grid.levels().size();
  std::vector<std::vector<int64_t>> images(levels), cells(levels);
  std::vector<LevelRows> result(levels);
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t anchor = rows[i] % grid.anchors();
    const Level& level = grid.level_of(anchor);
    const auto index = static_cast<size_t>(&level - grid.levels().data());
    images[index].push_back(rows[i] / grid.anchors());
    cells[index].push_back(anchor - level.first);
    result[index].positions.push_back(static_cast<int64_t>(i));
  }
  for (size_t l = 0; l < levels; ++l) {
    result[l].images_N = to_tensor(images[l], device);
    result[l].cells_N = to_tensor(cells[l], device);
  }
  return result;
}

at::Tensor gather_cells(const at::Tensor& map_BCHW, const at::Tensor& images_N, const at::Tensor& cells_N) {
  return at::index(map_BCHW.flatten(2).transpose(1, 2), {images_N, cells_N});
}

at::Tensor gather_cells(const at::Tensor& map_BCHW, const at::Tensor& images_N, const at::Tensor& channels_N,
                        const at::Tensor& cells_N) {
  return at::index(map_BCHW.flatten(2), {images_N, channels_N, cells_N});
}

}  // namespace cairn::models
