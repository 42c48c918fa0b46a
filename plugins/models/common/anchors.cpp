#include "common/anchors.h"

#include <algorithm>
#include <cmath>

#include <cairn/error.h>

#include "common/predictions.h"

namespace cairn::models {

AnchorTable anchor_table(const std::vector<double>& flat, size_t levels) {
  if (flat.empty() || flat.size() % (2 * levels) != 0) {
    fail(Code::InvalidArgument, "anchors: expected width and height of the same number of anchors on each of ", levels,
         " levels, found ", flat.size(), " numbers");
  }
  for (const double side : flat) {
    if (!(side > 0) || !std::isfinite(side)) fail(Code::InvalidArgument, "anchors: a side of ", side, " pixels");
  }
  const size_t each = flat.size() / 2 / levels;
  AnchorTable table(levels, std::vector<AnchorSize>(each));
  for (size_t i = 0; i < flat.size() / 2; ++i) table[i / each][i % each] = {flat[2 * i], flat[2 * i + 1]};
  return table;
}

std::vector<double> flat(const AnchorTable& table) {
  std::vector<double> numbers;
  for (const auto& level : table) {
    for (const AnchorSize& size : level) numbers.insert(numbers.end(), {size.width, size.height});
  }
  return numbers;
}

namespace {
double total_area(const std::vector<AnchorSize>& level) {
  double sum = 0;
  for (const AnchorSize& size : level) sum += size.width * size.height;
  return sum;
}
}  // namespace

AnchorTable in_order(AnchorTable table, const std::vector<double>& strides) {
  const bool areas_rise = total_area(table.back()) >= total_area(table.front());
  if (areas_rise != (strides.back() >= strides.front())) std::reverse(table.begin(), table.end());
  return table;
}

namespace {
at::Tensor strides_L11(const std::vector<double>& strides) {
  return to_tensor(strides, at::TensorOptions(at::kDouble)).view({-1, 1, 1});
}
}  // namespace

at::Tensor to_tensor(const AnchorTable& table, const std::vector<double>& strides) {
  const at::Tensor pixels = to_tensor(flat(table), at::TensorOptions(at::kDouble));
  return (pixels.view({static_cast<int64_t>(table.size()), -1, 2}) / strides_L11(strides)).to(at::kFloat);
}

AnchorTable from_tensor(const at::Tensor& anchors_LA2, const std::vector<double>& strides) {
  const at::Tensor pixels = anchors_LA2.detach().to(at::kCPU, at::kDouble) * strides_L11(strides);
  return anchor_table(to_doubles(pixels), strides.size());
}

}  // namespace cairn::models
