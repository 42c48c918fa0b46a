#include "yolov8/detect.h"

#include <algorithm>

namespace cairn::models {

Detect::Detect(int64_t classes, const std::vector<int64_t>& widths) {
  const int64_t box_width = std::max({int64_t{16}, widths[0] / 4, 4 * kBins});
  const int64_t class_width = std::max(widths[0], std::min<int64_t>(classes, 100));
  cv2_ = add<Branches>("cv2");
  cv3_ = add<Branches>("cv3");
  add<DistributionProjection>("dfl", kBins);
  for (const int64_t width : widths) {
    cv2_->add(plain_branch(width, box_width, 4 * kBins));
    cv3_->add(plain_branch(width, class_width, classes));
  }
}

Tensors Detect::run(std::span<const Tensors> inputs) {
  Tensors outputs;
  for (size_t level = 0; level < inputs.size(); ++level) outputs.push_back((*cv2_)[level].forward(inputs[level][0]));
  for (size_t level = 0; level < inputs.size(); ++level) outputs.push_back((*cv3_)[level].forward(inputs[level][0]));
  return outputs;
}

void Detect::set_prior(const std::vector<double>& strides, double box_bias) {
  models::set_prior(*cv2_, *cv3_, strides, box_bias);
}

DistributionMaps maps_of(const Tensors& outputs) {
  const auto middle = outputs.begin() + static_cast<std::ptrdiff_t>(outputs.size() / 2);
  return {{outputs.begin(), middle}, {middle, outputs.end()}};
}

}  // namespace cairn::models
