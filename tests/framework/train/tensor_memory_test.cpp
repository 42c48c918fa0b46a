#include "train/tensor_memory.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <numeric>
#include <thread>
#include <vector>

namespace cairn {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;

at::Tensor bytes(int64_t count) {
  return at::empty({count}, at::kByte);
}

class TensorMemoryTest : public testing::Test {
 protected:
  TensorMemoryTest() { reuse_tensor_memory(); }
};

TEST_F(TensorMemoryTest, ALargeTensorTakesTheBlockThatWentFree) {
  const void* former = bytes(40 * kMiB).data_ptr();
  const at::Tensor next = bytes(40 * kMiB - 1000);
  EXPECT_EQ(next.data_ptr(), former);
}

TEST_F(TensorMemoryTest, AMuchSmallerTensorDoesNot) {
  const void* former = bytes(80 * kMiB).data_ptr();
  const at::Tensor next = bytes(8 * kMiB);
  EXPECT_NE(next.data_ptr(), former);
}

TEST_F(TensorMemoryTest, SmallTensorsAreNotCounted) {
  const int64_t before = tensor_memory().in_use_bytes;
  const at::Tensor small = bytes(1000);
  EXPECT_EQ(tensor_memory().in_use_bytes, before);
}

TEST_F(TensorMemoryTest, CountsWhatIsInUseAndWhatIsKept) {
  const TensorMemory before = tensor_memory();
  {
    const at::Tensor tensor = bytes(16 * kMiB);
    EXPECT_EQ(tensor_memory().in_use_bytes, before.in_use_bytes + 16 * kMiB);
  }
  EXPECT_EQ(tensor_memory().in_use_bytes, before.in_use_bytes);
  EXPECT_GE(tensor_memory().kept_bytes, 16 * kMiB);
}

TEST_F(TensorMemoryTest, NeverHoldsMuchMoreThanTheMostThatWasInUse) {
  for (int64_t size = 8; size < 160; size += 7) bytes(size * kMiB);
  const TensorMemory now = tensor_memory();
  EXPECT_LE(now.in_use_bytes + now.kept_bytes, now.peak_bytes / 4 * 5 + 4);
}

// No two threads may be given the same block.
TEST_F(TensorMemoryTest, ServesSeveralThreads) {
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&wrong, number] {
      for (int round = 0; round < 20; ++round) {
        const at::Tensor tensor = at::full({2 * kMiB}, number, at::kByte);
        wrong[static_cast<size_t>(number)] += at::equal(tensor, at::full_like(tensor, number)) ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::accumulate(wrong.begin(), wrong.end(), 0), 0);
}

}  // namespace
}  // namespace cairn
