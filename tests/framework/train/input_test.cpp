#include "train/input.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

namespace cairn {
namespace {

// 256 values in every channel, each in another place.
at::Tensor all_bytes() {
  at::Tensor images = at::arange(2 * 3 * 64 * 48, at::kLong).remainder(256).to(at::kByte).view({2, 3, 64, 48});
  return at::cat({images, images.flip({3})}, 0).contiguous();
}

at::Tensor by_operators(const at::Tensor& images, at::MemoryFormat format) {
  return images.to(at::kFloat).div(255).contiguous(format);
}

TEST(Input, IsTheBytesOver255InChannelsLast) {
  const at::Tensor input = to_input(all_bytes(), Compute{}, true);
  EXPECT_TRUE(input.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(at::equal(input, by_operators(all_bytes(), at::MemoryFormat::ChannelsLast)));
}

TEST(Input, IsTheBytesOver255InPlanes) {
  const at::Tensor input = to_input(all_bytes(), Compute{}, false);
  EXPECT_TRUE(input.is_contiguous());
  EXPECT_TRUE(at::equal(input, by_operators(all_bytes(), at::MemoryFormat::Contiguous)));
}

TEST(Input, TakesBytesInAnyLayout) {
  const at::Tensor odd = all_bytes().transpose(2, 3);
  EXPECT_TRUE(at::equal(to_input(odd, Compute{}, true), odd.to(at::kFloat).div(255)));
}

}  // namespace
}  // namespace cairn
