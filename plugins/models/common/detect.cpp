#include "common/detect.h"

#include <algorithm>

namespace cairn::models {

Detect::Detect(int64_t classes, const std::vector<int64_t>& widths) {
  const int64_t box_width = std::max({int64_t{16}, widths[0] / 4, 4 * kBins});
  const int64_t class_width = std::max(widths[0], std::min<int64_t>(classes, 100));
  branches_ = {add<Branches>("cv2"), add<Branches>("cv3")};
  add<DistributionProjection>("dfl", kBins);
  for (const int64_t width : widths) {
    branches_.boxes->add(plain_branch(width, box_width, 4 * kBins));
    branches_.classes->add(plain_branch(width, class_width, classes));
  }
}

Tensors Detect::run(std::span<const Tensors> inputs) {
  return branches_.forward(features_of(inputs));
}

}  // namespace cairn::models
