// Rectangular batches: pictures of similar shape together, so that little padding is computed.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <opencv2/core.hpp>

namespace cairn {

struct RectPlan {
  std::vector<int64_t> order;    // indices by rising height/width, stable
  std::vector<cv::Size> shapes;  // of each batch, multiples of the stride
};

// `pad` is added, in strides, before rounding up: 0.5 in the published evaluations, 0 for tight batches.
RectPlan rect_batches(std::span<const cv::Size> images, int64_t image_size, int64_t stride, double pad,
                      int64_t batch_size);

}  // namespace cairn
