#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include <cairn/error.h>

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

}  // namespace
}  // namespace cairn
