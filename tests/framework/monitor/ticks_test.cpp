#include "monitor/ticks.h"

#include <gmock/gmock.h>

#include <limits>

namespace cairn {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

TEST(Ticks, StepsAreOneTwoOrFiveTimesAPowerOfTen) {
  EXPECT_DOUBLE_EQ(nice_step({0, 100}, 5), 20);
  EXPECT_DOUBLE_EQ(nice_step({0, 1}, 10), 0.1);
  EXPECT_DOUBLE_EQ(nice_step({0, 0.0013}, 4), 0.0005);
  EXPECT_DOUBLE_EQ(nice_step({3, 3}, 4), 1);
}

TEST(Ticks, MultiplesOfTheStepInsideTheRange) {
  EXPECT_THAT(nice_ticks({-0.05, 1.02}, 5), ElementsAre(0, 0.5, 1));
  EXPECT_THAT(nice_ticks({0, 0.3}, 3),
              ElementsAre(0, DoubleNear(0.1, 1e-12), DoubleNear(0.2, 1e-12), DoubleNear(0.3, 1e-12)));
}

TEST(Ticks, TextHasTheDecimalsOfTheStep) {
  EXPECT_EQ(tick_text(0.5, 0.1), "0.5");
  EXPECT_EQ(tick_text(-1e-17, 0.1), "0.0");
  EXPECT_EQ(tick_text(20, 10), "20");
  EXPECT_EQ(tick_text(0.00002, 0.00001), "2e-05");
  EXPECT_EQ(tick_text(2e6, 1e6), "2e+06");
}

TEST(Ticks, RangeIgnoresWhatIsNotFinite) {
  const std::vector<double> values = {1, std::numeric_limits<double>::quiet_NaN(), 3,
                                      std::numeric_limits<double>::infinity()};
  const AxisRange range = range_of({&values}, 0.5);
  EXPECT_DOUBLE_EQ(range.low, 0);
  EXPECT_DOUBLE_EQ(range.high, 4);
  const std::vector<double> constant = {2, 2}, nothing;
  EXPECT_GT(range_of({&constant}, 0).length(), 0);
  EXPECT_DOUBLE_EQ(range_of({&nothing}, 0).high, 1);
}

}  // namespace
}  // namespace cairn
