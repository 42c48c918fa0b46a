// The processor stands in for an accelerator: the same parts and buffers, without streams.
#include "state/device_copy.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstring>

namespace cairn {
namespace {

TEST(DeviceCopy, BringsTheBytesThatWereThereWhenItWasStaged) {
  const std::vector<at::Tensor> tensors = {
      at::randn({3, 5}),
      at::randn({2, 3, 4, 4}).contiguous(at::MemoryFormat::ChannelsLast),
      at::ones({7}, at::kBool),
      at::randn({5'000'000}),  // more than both buffers
      at::randn({2'000'000}),
      at::scalar_tensor(2.5),
      at::arange(9),
      at::randn({9}).to(at::kBFloat16),
      at::randn({100}).narrow(0, 10, 50),
  };
  std::vector<std::vector<std::byte>> lay, came;
  DeviceCopy copy(at::kCPU);
  for (const at::Tensor& tensor : tensors) {
    const auto* bytes = static_cast<const std::byte*>(tensor.const_data_ptr());
    lay.emplace_back(bytes, bytes + tensor.nbytes());
    came.emplace_back(tensor.nbytes());
  }
  for (size_t i = 0; i < tensors.size(); ++i) copy.add(tensors[i], came[i]);
  copy.stage();
  for (const at::Tensor& tensor : tensors) at::Tensor(tensor).zero_();
  copy.finish();
  for (size_t i = 0; i < tensors.size(); ++i) EXPECT_EQ(came[i], lay[i]) << i;
}

}  // namespace
}  // namespace cairn
