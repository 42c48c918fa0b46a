#include "dataset/rect.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <cairn/error.h>

namespace cairn {
namespace {

double height_over_width(cv::Size size) {
  return static_cast<double>(size.height) / size.width;
}

cv::Size batch_shape(double flattest, double tallest, int64_t image_size, int64_t stride, double pad) {
  double width = 1, height = 1;
  if (tallest < 1) {
    height = tallest;
  } else if (flattest > 1) {
    width = 1 / flattest;
  }
  const auto side = [&](double share) {
    return static_cast<int>(std::ceil(share * static_cast<double>(image_size) / static_cast<double>(stride) + pad) *
                            static_cast<double>(stride));
  };
  return {side(width), side(height)};
}

}  // namespace

RectPlan rect_batches(std::span<const cv::Size> images, int64_t image_size, int64_t stride, double pad,
                      int64_t batch_size) {
  if (image_size < 1 || stride < 1 || batch_size < 1) {
    fail(Code::InvalidArgument, "rectangular batches need positive sizes: image_size ", image_size, ", stride ", stride,
         ", batch_size ", batch_size);
  }
  RectPlan plan;
  plan.order.resize(images.size());
  std::iota(plan.order.begin(), plan.order.end(), 0);
  const auto ratio = [&](int64_t index) { return height_over_width(images[static_cast<size_t>(index)]); };
  std::stable_sort(plan.order.begin(), plan.order.end(), [&](int64_t a, int64_t b) { return ratio(a) < ratio(b); });
  const size_t step = static_cast<size_t>(batch_size);
  for (size_t first = 0; first < plan.order.size(); first += step) {
    const size_t last = std::min(first + step, plan.order.size()) - 1;
    plan.shapes.push_back(batch_shape(ratio(plan.order[first]), ratio(plan.order[last]), image_size, stride, pad));
  }
  return plan;
}

}  // namespace cairn
