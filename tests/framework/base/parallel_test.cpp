#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include <cairn/error.h>

#include "support/address_space.h"

namespace cairn {
namespace {

TEST(ParallelFor, CallsEveryIndexOnce) {
  for (const int threads : {0, 1, 3}) {
    std::vector<std::atomic<int>> calls(1000);
    parallel_for(calls.size(), threads, [&](size_t i) { ++calls[i]; });
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
  parallel_for(0, 3, [](size_t) { FAIL(); });
}

TEST(ParallelFor, HandsOnTheFirstException) {
  EXPECT_THROW(parallel_for(100, 3,
                            [](size_t i) {
                              if (i == 50) fail(Code::DataLoss, "here");
                            }),
               Error);
}

// In a process of its own, since it leaves no room for another thread's stack.
TEST(ParallelFor, WorksOnWithTheThreadsThatThereAre) {
  if (!test::kAddressSpaceMayEnd) GTEST_SKIP() << "with a sanitizer";
  EXPECT_EXIT(
      {
        test::leave_address_space(2u << 20);
        std::atomic<int> calls = 0;
        parallel_for(100, 8, [&](size_t) { ++calls; });
        _exit(calls == 100 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(ParallelInOrder, TakesInTheOrderOfNumbersAndNoMoreAheadThanAllowed) {
  for (const int threads : {1, 2, 5}) {
    std::atomic<int64_t> alive{0}, most{0};
    std::vector<size_t> taken;
    parallel_in_order<size_t>(
        500, threads, 3,
        [&](size_t i) {
          const int64_t now = ++alive;
          for (int64_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) continue;
          return i;
        },
        [&](size_t i) {
          --alive;
          taken.push_back(i);
        });
    ASSERT_EQ(taken.size(), 500u);
    for (size_t i = 0; i < taken.size(); ++i) EXPECT_EQ(taken[i], i);
    EXPECT_LE(most, 3 + threads);
  }
}

TEST(ParallelInOrder, EndsWithTheExceptionOfEitherSide) {
  const auto same = [](size_t i) { return i; };
  const auto at_fifty = [](size_t i) -> size_t {
    if (i == 50) fail(Code::DataLoss, "here");
    return i;
  };
  for (const int threads : {1, 3}) {
    size_t taken = 0;
    const auto count = [&](size_t) { ++taken; };
    EXPECT_THROW(parallel_in_order<size_t>(100, threads, 2, at_fifty, count), Error);
    EXPECT_LE(taken, 50u);
    EXPECT_THROW(parallel_in_order<size_t>(100, threads, 2, same, [&](size_t i) { at_fifty(i); }), Error);
  }
}

}  // namespace
}  // namespace cairn
