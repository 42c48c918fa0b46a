#include "dataset/order.h"

#include <cmath>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <cairn/error.h>

namespace cairn {
namespace {

std::vector<int64_t> all_of(const EpochOrder& order) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < order.size(); ++i) out.push_back(order.at(i));
  return out;
}

TEST(EpochOrder, VisitsEverySampleOnce) {
  for (int64_t size : {1, 2, 3, 4, 5, 16, 17, 205, 1000, 1025}) {
    for (int64_t epoch = 0; epoch < 5; ++epoch) {
      const auto visited = all_of(EpochOrder(3, epoch, size, Shuffle::On));
      const std::set<int64_t> distinct(visited.begin(), visited.end());
      EXPECT_EQ(static_cast<int64_t>(distinct.size()), size);
      EXPECT_EQ(*distinct.begin(), 0);
      EXPECT_EQ(*distinct.rbegin(), size - 1);
    }
  }
}

TEST(EpochOrder, DependsOnSeedAndEpochOnly) {
  const auto order = all_of(EpochOrder(1, 7, 300, Shuffle::On));
  EXPECT_EQ(order, all_of(EpochOrder(1, 7, 300, Shuffle::On)));
  EXPECT_NE(order, all_of(EpochOrder(2, 7, 300, Shuffle::On)));
  EXPECT_NE(order, all_of(EpochOrder(1, 8, 300, Shuffle::On)));
}

TEST(EpochOrder, StaysTheSameForEver) {
  const EpochOrder order(0, 0, 10, Shuffle::On);
  EXPECT_EQ(all_of(order), (std::vector<int64_t>{3, 7, 5, 8, 1, 2, 9, 6, 4, 0}));
}

TEST(EpochOrder, SpreadsEvenly) {
  constexpr int kSize = 21, kEpochs = 4200;
  std::vector<std::vector<int>> counts(kSize, std::vector<int>(kSize));
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    const EpochOrder order(9, epoch, kSize, Shuffle::On);
    for (int i = 0; i < kSize; ++i) ++counts[static_cast<size_t>(i)][static_cast<size_t>(order.at(i))];
  }
  const double expected = static_cast<double>(kEpochs) / kSize;
  double chi_square = 0;
  for (const auto& row : counts) {
    for (int count : row) chi_square += (count - expected) * (count - expected) / expected;
  }
  // (21 - 1)^2 = 400 degrees of freedom: the mean, and five standard deviations to either side.
  EXPECT_NEAR(chi_square, 400, 5 * std::sqrt(800.0));
}

TEST(EpochOrder, NeighboursAreNotRelated) {
  constexpr int kSize = 64, kEpochs = 500;
  int followed = 0;
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    const EpochOrder order(5, epoch, kSize, Shuffle::On);
    for (int i = 0; i + 1 < kSize; ++i) followed += order.at(i + 1) == order.at(i) + 1;
  }
  const double expected = static_cast<double>(kEpochs) * (kSize - 1) / kSize;
  EXPECT_NEAR(followed, expected, 5 * std::sqrt(expected));
}

TEST(EpochOrder, WithoutShuffleIsTheIdentityAndRefusesPositionsOutside) {
  const EpochOrder order(1, 1, 5, Shuffle::Off);
  EXPECT_EQ(order.at(4), 4);
  EXPECT_THROW(order.at(5), Error);
  EXPECT_THROW(order.at(-1), Error);
}

}  // namespace
}  // namespace cairn
