#include "evaluate/curves.h"

#include <gmock/gmock.h>

namespace cairn {
namespace {

TEST(Curves, InterpolationAtARepeatedPlaceStartsFromItsLastEntry) {
  const std::vector<double> x = {0, 1, 1, 2}, y = {0, 10, 20, 40};
  EXPECT_EQ(interpolate(-0.1, x, y, 7), 7);
  EXPECT_EQ(interpolate(0.5, x, y, 7), 5);
  EXPECT_EQ(interpolate(1, x, y, 7), 20);
  EXPECT_EQ(interpolate(1.5, x, y, 7), 30);
  EXPECT_EQ(interpolate(2, x, y, 7), 40);
  EXPECT_EQ(interpolate(3, x, y, 7), 40);
}

TEST(Curves, SmoothingPadsWithTheEndValues) {
  const std::vector<double> values = {3, 0, 0, 6};
  EXPECT_THAT(smooth(values, 3), testing::ElementsAre(2, 1, 2, 4));
}

TEST(Curves, TheFirstOfEqualMaximaCounts) {
  EXPECT_EQ(first_maximum(std::vector<double>{1, 4, 4, 2}), 1);
  EXPECT_EQ(first_maximum(std::vector<double>{}), 0);
}

TEST(Curves, EvenPointsHitBothEnds) {
  EXPECT_THAT(even_points(0, 1, 5), testing::ElementsAre(0, 0.25, 0.5, 0.75, 1));
}

}  // namespace
}  // namespace cairn
