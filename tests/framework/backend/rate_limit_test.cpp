#include "backend/rate_limit.h"

#include <gtest/gtest.h>

#include "support/backends.h"

namespace cairn {
namespace {

using Clock = Waiting::Clock;

TEST(RateLimited, TakesAsManyBytesASecondAsItMay) {
  test::MemoryBackend memory;
  Clock::time_point now{};
  const auto rest = [&](Clock::duration time) {
    now += time;
    return true;
  };
  RateLimited limited(memory, 1000.0, {[&] { return now; }, rest});
  const Bytes bytes(500);
  for (int i = 0; i < 20; ++i) limited.put("k", bytes, PutMode::Replace);
  EXPECT_EQ(now.time_since_epoch(), std::chrono::milliseconds(9500)) << "the last one is not paid for yet";
  limited.get("k", {});
  limited.get("k", {});
  EXPECT_EQ(now.time_since_epoch(), std::chrono::milliseconds(10500));
  now += std::chrono::hours(1);  // rest is not saved up
  for (int i = 0; i < 3; ++i) limited.put("k", bytes, PutMode::Replace);
  EXPECT_EQ(now.time_since_epoch(), std::chrono::milliseconds(10500 + 1000) + std::chrono::hours(1));
}

TEST(RateLimited, LimitsNothingWithoutARate) {
  test::MemoryBackend memory;
  const auto rest = [](Clock::duration) {
    ADD_FAILURE();
    return true;
  };
  RateLimited limited(memory, 0.0, {[] { return Clock::time_point{}; }, rest});
  for (int i = 0; i < 3; ++i) limited.put("k", Bytes(1u << 20), PutMode::Replace);
  EXPECT_EQ(limited.get("k", {})->size(), 1u << 20);
}

}  // namespace
}  // namespace cairn
