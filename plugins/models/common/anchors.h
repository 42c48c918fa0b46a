// Anchors: the box sizes from which an anchor-based head measures its boxes. Axes: L levels, A anchors of a cell.
#pragma once
#include <vector>

#include <ATen/ATen.h>

namespace cairn::models {

// [value]
struct AnchorSize {
  double width = 0, height = 0;
};
// Per level, in pixels. Every level has the same number.
using AnchorTable = std::vector<std::vector<AnchorSize>>;

// From width, height, width, height, ...; the levels one after the other. Other counts than a multiple of 2 x levels,
// and sizes that are not positive, are InvalidArgument.
AnchorTable anchor_table(const std::vector<double>& flat, size_t levels);
std::vector<double> flat(const AnchorTable& table);
// The levels in the order of their strides: turned round when the mean areas of the first and the last level say so.
AnchorTable in_order(AnchorTable table, const std::vector<double>& strides);

// [L, A, 2] float32 in units of the level's stride, as the published state holds them, and back.
at::Tensor to_tensor(const AnchorTable& table, const std::vector<double>& strides);
AnchorTable from_tensor(const at::Tensor& anchors_LA2, const std::vector<double>& strides);

}  // namespace cairn::models
