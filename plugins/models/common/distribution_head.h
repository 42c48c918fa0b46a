// What heads with distributed boxes have in common: per level a box branch and a class branch, once or twice.
#pragma once
#include "common/branches.h"
#include "common/distribution.h"
#include "common/inspection.h"
#include "common/table.h"

namespace cairn::models {

inline constexpr int64_t kBins = 16;  // of all families

// One branch of each kind per level. Co-owned by the head that registered them.
struct BranchPair {
  std::shared_ptr<Branches> boxes, classes;
  // The box maps of all levels, then the class maps; `features` has one tensor per level.
  Tensors forward(const Tensors& features) const;
  void set_prior(const std::vector<double>& strides, double box_bias) const;
};

// The only tensor of every input.
Tensors features_of(std::span<const Tensors> inputs);
// Of a head's outputs, which are those of BranchPair::forward for pair 0, pair 1, ...
DistributionMaps maps_of(const Tensors& outputs, size_t pair = 0, size_t pairs = 1);
// One entry per level, boxes before classes; names are `prefix` and the level.
NamedTensors raw_levels(const DistributionMaps& maps, const std::string& prefix = "");

// What a head's maker tells: the channels of all rows that it reads, and its listed arguments.
std::vector<int64_t> widths_of(const Place& at);
List head_arguments(int64_t classes, const std::vector<int64_t>& widths);

}  // namespace cairn::models
