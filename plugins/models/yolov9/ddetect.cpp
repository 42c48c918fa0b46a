#include "yolov9/ddetect.h"

#include <algorithm>

namespace cairn::models {

namespace {

constexpr int64_t kGroups = 4;

void add_levels(const BranchPair& branches, int64_t classes, std::span<const int64_t> widths) {
  const int64_t box_width = (std::max(widths[0] / 4, 4 * kBins) + kGroups - 1) / kGroups * kGroups;
  const int64_t class_width = std::max(widths[0], std::min<int64_t>(2 * classes, 128));
  for (const int64_t width : widths) {
    branches.boxes->add(plain_branch(width, box_width, 4 * kBins, kGroups));
    branches.classes->add(plain_branch(width, class_width, classes));
  }
}

}  // namespace

DDetect::DDetect(int64_t classes, const std::vector<int64_t>& widths) {
  branches_ = {add<Branches>("cv2"), add<Branches>("cv3")};
  add<DistributionProjection>("dfl", kBins);
  add_levels(branches_, classes, widths);
}

Tensors DDetect::run(std::span<const Tensors> inputs) {
  return branches_.forward(features_of(inputs));
}

DualDDetect::DualDDetect(int64_t classes, const std::vector<int64_t>& widths) {
  auxiliary_ = {add<Branches>("cv2"), add<Branches>("cv3")};
  main_ = {add<Branches>("cv4"), add<Branches>("cv5")};
  add<DistributionProjection>("dfl", kBins);
  add<DistributionProjection>("dfl2", kBins);
  const std::span<const int64_t> all(widths);
  add_levels(auxiliary_, classes, all.first(widths.size() / 2));
  add_levels(main_, classes, all.last(widths.size() / 2));
}

Tensors DualDDetect::run(std::span<const Tensors> inputs) {
  Tensors outputs = auxiliary_.forward(features_of(inputs.first(inputs.size() / 2)));
  const Tensors main = main_.forward(features_of(inputs.last(inputs.size() / 2)));
  outputs.insert(outputs.end(), main.begin(), main.end());
  return outputs;
}

void DualDDetect::set_prior(const std::vector<double>& strides, double box_bias) {
  auxiliary_.set_prior(strides, box_bias);
  main_.set_prior(strides, box_bias);
}

}  // namespace cairn::models
