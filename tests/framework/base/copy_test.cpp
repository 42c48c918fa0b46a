// Copies past the caches, copies in another order, and the time that helpers take.
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <vector>

#include "base/parallel.h"
#include "base/row_major.h"
#include "base/stream_copy.h"

namespace cairn {
namespace {

std::span<const std::byte> bytes_of(const std::vector<int32_t>& numbers) {
  return std::as_bytes(std::span(numbers));
}

TEST(StreamCopy, CopiesEveryByteWhateverTheAlignment) {
  for (const size_t size : {0u, 1u, 63u, 64u, 16u * 1024, 16u * 1024 + 1, 100'000u}) {
    for (const size_t shift : {0u, 1u, 15u, 48u}) {
      std::vector<std::byte> from(size + shift), to(size + 2 * shift + 1, std::byte{0xEE});
      for (size_t i = 0; i < from.size(); ++i) from[i] = static_cast<std::byte>(i * 7 + 1);
      stream_copy(to.data() + shift, from.data() + shift / 2, size);
      EXPECT_TRUE(std::equal(to.begin() + static_cast<std::ptrdiff_t>(shift),
                             to.begin() + static_cast<std::ptrdiff_t>(shift + size),
                             from.begin() + static_cast<std::ptrdiff_t>(shift / 2)))
          << size << " " << shift;
      EXPECT_EQ(to[shift + size], std::byte{0xEE}) << size << " " << shift;
    }
  }
}

std::vector<int32_t> in_row_major(const std::vector<int32_t>& lain, const std::vector<int64_t>& shape,
                                  const std::vector<int64_t>& strides) {
  std::vector<int32_t> out(lain.size(), -1);
  to_row_major(bytes_of(lain), std::as_writable_bytes(std::span(out)), shape, strides, sizeof(int32_t));
  return out;
}

TEST(ToRowMajor, TurnsChannelsLastAndTransposedIntoRows) {
  std::vector<int32_t> lain(2 * 3 * 2 * 2);  // N 2, C 3, H 2, W 2
  std::iota(lain.begin(), lain.end(), 0);
  const auto channels_first = in_row_major(lain, {2, 3, 2, 2}, {12, 1, 6, 3});
  for (int n = 0; n < 2; ++n) {
    for (int c = 0; c < 3; ++c) {
      for (int at = 0; at < 4; ++at)
        EXPECT_EQ(channels_first[static_cast<size_t>(n * 12 + c * 4 + at)], n * 12 + at * 3 + c);
    }
  }
  EXPECT_EQ(in_row_major({0, 1, 2, 3, 4, 5}, {3, 2}, {1, 3}), (std::vector<int32_t>{0, 3, 1, 4, 2, 5}));
}

TEST(ToRowMajor, LeavesWhatIsInOrderAlone) {
  std::vector<int32_t> lain(12);
  std::iota(lain.begin(), lain.end(), 0);
  EXPECT_EQ(in_row_major(lain, {3, 4}, {4, 1}), lain);
  EXPECT_EQ(in_row_major(lain, {12, 1, 1}, {1, 1, 12}), lain);
  EXPECT_EQ(in_row_major({5}, {}, {}), std::vector<int32_t>{5});
  EXPECT_TRUE(in_row_major({}, {0, 3}, {3, 1}).empty());
}

TEST(ToRowMajor, KnowsElementsOfEverySize) {
  for (const size_t size : {1u, 2u, 4u, 8u}) {
    std::vector<std::byte> lain(6 * size), out(6 * size);
    for (size_t i = 0; i < lain.size(); ++i) lain[i] = static_cast<std::byte>(i);
    to_row_major(lain, out, std::vector<int64_t>{3, 2}, std::vector<int64_t>{1, 3}, size);
    EXPECT_EQ(out[size], static_cast<std::byte>(3 * size)) << size;
    EXPECT_EQ(out.back(), lain.back()) << size;
  }
}

TEST(CpuSeconds, CountTheHelpersOfALoop) {
  const double before = cpu_seconds_of_this_thread();
  std::atomic<uint64_t> sum{0};
  const auto work = [&](size_t) {
    uint64_t x = 1;
    for (int i = 0; i < 3'000'000; ++i) x = x * 6364136223846793005u + 1;
    sum += x;
  };
  parallel_for(1, 1, work);
  const double one = cpu_seconds_of_this_thread() - before;
  parallel_for(16, 4, work);
  const double all = cpu_seconds_of_this_thread() - before - one;
  EXPECT_GT(one, 0);
  EXPECT_GT(all, 4 * one);  // the caller's own share is a quarter of sixteen
}

}  // namespace
}  // namespace cairn
