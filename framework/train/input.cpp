#include "train/input.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <array>

namespace cairn {
namespace {

constexpr int64_t kRowsAtOnce = 64;

constexpr std::array<float, 256> kShares = [] {
  std::array<float, 256> shares{};
  for (int byte = 0; byte < 256; ++byte) shares[static_cast<size_t>(byte)] = static_cast<float>(byte) / 255.0F;
  return shares;
}();

bool is_planar_rgb(const at::Tensor& images_BCHW) {
  return images_BCHW.is_cpu() && images_BCHW.dim() == 4 && images_BCHW.size(1) == 3 && images_BCHW.is_contiguous();
}

void interleave(const uint8_t* red, int64_t plane, int64_t width, float* pixel) {
  const uint8_t *green = red + plane, *blue = green + plane;
  for (int64_t x = 0; x < width; ++x, pixel += 3) {
    pixel[0] = kShares[red[x]];
    pixel[1] = kShares[green[x]];
    pixel[2] = kShares[blue[x]];
  }
}

// Conversion, division and change of the memory format in one pass.
at::Tensor interleaved(const at::Tensor& images_BCHW) {
  const int64_t height = images_BCHW.size(2), width = images_BCHW.size(3), plane = height * width;
  at::Tensor input = at::empty(images_BCHW.sizes(), at::kFloat, at::MemoryFormat::ChannelsLast);
  const uint8_t* from = images_BCHW.const_data_ptr<uint8_t>();
  float* to = input.mutable_data_ptr<float>();
  at::parallel_for(0, images_BCHW.size(0) * height, kRowsAtOnce, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      interleave(from + row / height * 3 * plane + row % height * width, plane, width, to + row * width * 3);
    }
  });
  return input;
}

}  // namespace

at::Tensor to_input(const at::Tensor& images_BCHW, const Compute& compute, bool channels_last) {
  if (compute.device.is_cpu() && channels_last && is_planar_rgb(images_BCHW)) return interleaved(images_BCHW);
  const auto format = channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  const bool pinned = compute.device.is_cuda();
  return images_BCHW.to(compute.device, at::kByte, /*non_blocking=*/pinned)
      .to(at::kFloat, false, false, format)
      .div_(255);
}

}  // namespace cairn
