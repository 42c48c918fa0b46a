#include "train/known_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace cairn {
namespace {

MetricRow row(int64_t iteration, double loss) {
  MetricRow made;
  made.at.iteration = iteration;
  made.exact = {{"loss/box", loss}, {"lr/decay", 0.01}};
  made.measured = {{"seconds", 1.5}};
  return made;
}

TEST(KnownRows, ComparesBitsOfExactColumnsOnly) {
  KnownRows rows;
  rows.add(to_json_line(row(3, 0.5)) + "\nno row\n" + to_json_line(row(4, NAN)) + "\n");
  EXPECT_EQ(rows.size(), 2u);
  MetricRow again = row(3, 0.5);
  again.measured = {{"seconds", 9.0}};
  EXPECT_FALSE(rows.difference(again));
  EXPECT_FALSE(rows.difference(row(4, NAN)));
  EXPECT_FALSE(rows.difference(row(9, 1)));  // nothing is known of it
  EXPECT_FALSE(rows.knows(row(9, 1)));
  EXPECT_THAT(*rows.difference(row(3, std::nextafter(0.5, 1))), testing::HasSubstr("loss/box is 0.50000000000000011"));
  MetricRow fewer = row(3, 0.5);
  fewer.exact.pop_back();
  EXPECT_THAT(*rows.difference(fewer), testing::HasSubstr("1 exact columns"));
}

TEST(KnownRows, TheFirstRowAboutSomethingStands) {
  KnownRows rows;
  rows.add(to_json_line(row(3, 0.5)));
  rows.add(to_json_line(row(3, 0.25)));
  EXPECT_FALSE(rows.difference(row(3, 0.5)));
}

}  // namespace
}  // namespace cairn
