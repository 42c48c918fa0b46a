// From samples to the tensors of a batch. Legend of axes: see dataset/loader.h.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "dataset/loader.h"

namespace cairn {

// Memory for batches of pictures; a tensor is given out again once nobody else holds it. Not thread-safe.
class ImagePool {
 public:
  explicit ImagePool(HostMemory memory) : memory_(memory) {}
  at::Tensor take(int64_t count, cv::Size size);  // uint8 [count, 3, height, width]; contents are left from before

 private:
  HostMemory memory_;
  std::vector<at::Tensor> blocks_;  // one-dimensional, each as large as the largest batch it served
};

// Writes a BGR picture as RGB planes to images_BCHW[slot]. Another size than the batch's is Internal. [worker,
// concurrent]
void put_image(const cv::Mat& image, const at::Tensor& images_BCHW, int64_t slot);

// (picture, class, cx, cy, w, h), normalised, without crowd regions.
at::Tensor rows_of(std::span<const SampleInfo> infos, const at::Tensor& images_BCHW);

}  // namespace cairn
