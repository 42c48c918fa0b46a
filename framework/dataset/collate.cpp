#include "dataset/collate.h"

#include <algorithm>

#include <ATen/Functions.h>
#include <opencv2/core.hpp>

#include <cairn/error.h>

namespace cairn {

at::Tensor ImagePool::take(int64_t count, cv::Size size) {
  if (size.width < 1 || size.height < 1) {
    fail(Code::InvalidArgument, "a batch of pictures of ", size.width, " x ", size.height, " pixels");
  }
  const int64_t bytes = count * 3 * size.width * size.height;
  // A view shares the block's storage, so the storage's count says whether anybody still looks at it.
  const auto is_free = [](const at::Tensor& block) { return block.storage().use_count() == 1; };
  auto block = std::find_if(blocks_.begin(), blocks_.end(),
                            [&](const at::Tensor& b) { return is_free(b) && b.numel() >= bytes; });
  if (block == blocks_.end()) {
    std::erase_if(blocks_, is_free);
    const auto options = at::TensorOptions(at::kByte).pinned_memory(memory_ == HostMemory::Pinned);
    blocks_.push_back(at::empty({bytes}, options));
    block = std::prev(blocks_.end());
  }
  return block->as_strided({count, 3, size.height, size.width},
                           {int64_t{3} * size.width * size.height, int64_t{size.width} * size.height, size.width, 1});
}

void put_image(const cv::Mat& image, const at::Tensor& images_BCHW, int64_t slot) {
  const int height = static_cast<int>(images_BCHW.size(2)), width = static_cast<int>(images_BCHW.size(3));
  if (image.rows != height || image.cols != width || image.type() != CV_8UC3) {
    fail(Code::Internal, "the sample left the augmentations with ", image.cols, " x ", image.rows,
         " pixels, the batch has ", width, " x ", height,
         "; does the chain end with letterbox or another stage that gives the output size?");
  }
  const size_t plane = static_cast<size_t>(height) * static_cast<size_t>(width);
  uint8_t* red = static_cast<uint8_t*>(images_BCHW.data_ptr()) + static_cast<size_t>(slot) * 3 * plane;
  cv::Mat planes[] = {cv::Mat(height, width, CV_8UC1, red + 2 * plane), cv::Mat(height, width, CV_8UC1, red + plane),
                      cv::Mat(height, width, CV_8UC1, red)};
  cv::split(image, planes);
}

at::Tensor rows_of(std::span<const SampleInfo> infos, const at::Tensor& images_BCHW) {
  const double width = static_cast<double>(images_BCHW.size(3)), height = static_cast<double>(images_BCHW.size(2));
  std::vector<float> rows;
  for (size_t picture = 0; picture < infos.size(); ++picture) {
    for (const Box& box : infos[picture].boxes) {
      if ((box.flags & kCrowd) != 0) continue;
      const double x1 = box.x1, y1 = box.y1, x2 = box.x2, y2 = box.y2;
      rows.insert(rows.end(), {static_cast<float>(picture), static_cast<float>(box.class_id),
                               static_cast<float>((x1 + x2) / 2 / width), static_cast<float>((y1 + y2) / 2 / height),
                               static_cast<float>((x2 - x1) / width), static_cast<float>((y2 - y1) / height)});
    }
  }
  at::Tensor out = at::empty({static_cast<int64_t>(rows.size() / 6), 6}, at::kFloat);
  std::copy(rows.begin(), rows.end(), static_cast<float*>(out.data_ptr()));
  return out;
}

}  // namespace cairn
