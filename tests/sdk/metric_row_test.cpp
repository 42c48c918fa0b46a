#include <gtest/gtest.h>
#include <cmath>
#include <limits>

#include <cairn/monitor.h>

namespace cairn {
namespace {

TEST(MetricRow, ComesBackBitByBitFromItsLine) {
  MetricRow row;
  row.type = MetricRow::Type::Evaluation;
  row.at.epoch = 3;
  row.at.iteration = 41;
  row.exact = {{"loss/box", 0.1 + 0.2},
               {"bad", std::numeric_limits<double>::quiet_NaN()},
               {"huge", -std::numeric_limits<double>::infinity()}};
  row.measured = {{"seconds", 1e-17}};
  const MetricRow back = row_from_json_line(to_json_line(row));
  EXPECT_EQ(back.type, row.type);
  EXPECT_EQ(back.at.iteration, 41);
  EXPECT_EQ(back.exact[0].second, 0.1 + 0.2);
  EXPECT_TRUE(std::isnan(back.exact[1].second));
  EXPECT_EQ(back.exact[2].second, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(to_json_line(back), to_json_line(row));
}

TEST(MetricRow, ATornLineIsRefused) {
  EXPECT_THROW(row_from_json_line("{\"row\":\"epoch\",\"epo"), Error);
  EXPECT_THROW(row_from_json_line("[]"), Error);
}

}  // namespace
}  // namespace cairn
