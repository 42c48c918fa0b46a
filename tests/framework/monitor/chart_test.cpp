#include "monitor/chart.h"

#include <gtest/gtest.h>

#include <limits>
#include <opencv2/imgcodecs.hpp>

#include <cairn/error.h>

#include "support/files.h"

namespace cairn {
namespace {

constexpr Colour kRed{1, 0, 0};

int64_t count_colour(const cv::Mat& bgr, const cv::Vec3b& colour) {
  int64_t count = 0;
  for (int y = 0; y < bgr.rows; ++y) {
    for (int x = 0; x < bgr.cols; ++x) count += bgr.at<cv::Vec3b>(y, x) == colour ? 1 : 0;
  }
  return count;
}
const cv::Vec3b kRedPixel(0, 0, 255);

Chart line_chart(std::vector<double> x, std::vector<double> y) {
  Chart chart;
  chart.series.push_back({Series::Style::Line, "", std::move(x), std::move(y), kRed, 4});
  return chart;
}

TEST(Chart, HasTheSizeThatWasAskedFor) {
  Figure figure;
  figure.charts = {line_chart({0, 1}, {0, 1}), line_chart({0, 1}, {0, 1}), line_chart({0, 1}, {0, 1})};
  figure.columns = 2;
  const cv::Mat picture = draw(figure);
  EXPECT_EQ(picture.cols, 2 * 480 * 2);
  EXPECT_EQ(picture.rows, 2 * 340 * 2);
}

TEST(Chart, DrawsItsLine) {
  EXPECT_GT(count_colour(draw({{line_chart({0, 1}, {0, 1})}, 1, 480, 340, 1}), kRedPixel), 500);
  EXPECT_EQ(count_colour(draw({{line_chart({}, {})}, 1, 480, 340, 1}), kRedPixel), 0);
}

TEST(Chart, AValueThatIsNotANumberBreaksTheLine) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto whole = count_colour(draw({{line_chart({0, 1, 2}, {1, 1, 1})}, 1, 480, 340, 1}), kRedPixel);
  const auto broken = count_colour(draw({{line_chart({0, 1, 2}, {1, nan, 1})}, 1, 480, 340, 1}), kRedPixel);
  EXPECT_GT(whole, 10 * broken);
  EXPECT_GT(broken, 0);  // single points show as dots
}

TEST(Chart, BarsReachTheirHeights) {
  Chart chart;
  chart.series.push_back({Series::Style::Bars, "", {0, 1}, {1, 3}, kRed, 1});
  chart.categories = {"a", "b"};
  chart.x_range = AxisRange{-0.5, 1.5};
  chart.y_range = AxisRange{0, 3};
  const cv::Mat picture = draw({{chart}, 1, 480, 340, 1});
  const auto left = count_colour(picture.colRange(0, 260), kRedPixel),
             right = count_colour(picture.colRange(260, 480), kRedPixel);
  EXPECT_NEAR(static_cast<double>(right) / static_cast<double>(left), 3, 0.1);
}

TEST(Chart, HeatMapLeavesEmptyCellsWhite) {
  Chart chart;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  chart.heat = HeatMap{1, 2, {nan, 5}, {"row"}, {"left", "right"}, -1};
  const cv::Mat picture = draw({{chart}, 1, 400, 300, 1});
  EXPECT_EQ(picture.at<cv::Vec3b>(150, 100), cv::Vec3b(255, 255, 255));
  EXPECT_LT(picture.at<cv::Vec3b>(150, 280)[2], 60);
}

TEST(Chart, MismatchedColumnsAreRefused) {
  EXPECT_THROW(draw({{line_chart({0, 1}, {0})}, 1, 480, 340, 1}), Error);
  Chart chart;
  chart.heat = HeatMap{2, 2, {1}, {}, {}, 0};
  EXPECT_THROW(draw({{chart}, 1, 480, 340, 1}), Error);
}

TEST(Chart, ManyLongNamesStillFit) {
  Chart chart = line_chart({0, 1}, {0, 1});
  for (int i = 0; i < 60; ++i) {
    chart.series.push_back({Series::Style::Line, std::string(80, 'w') + "\xC3\xA9", {0, 1}, {1, 0}, kRed, 1});
  }
  for (const auto legend : {Chart::Legend::Inside, Chart::Legend::Beside, Chart::Legend::None}) {
    chart.legend = legend;
    EXPECT_GT(count_colour(draw({{chart}, 1, 480, 340, 1}), kRedPixel), 300);
  }
}

TEST(WritePicture, PngComesBackAsItWas) {
  const test::TempFolder folder;
  const cv::Mat picture = draw({{line_chart({0, 1}, {0, 1})}, 1, 200, 150, 1});
  write_picture(picture, folder / "new/a.png");
  const cv::Mat back = cv::imread((folder / "new/a.png").string());
  EXPECT_EQ(cv::norm(picture, back, cv::NORM_INF), 0);
}

TEST(WritePicture, OtherEndingsAreRefused) {
  const test::TempFolder folder;
  EXPECT_THROW(write_picture(cv::Mat(4, 4, CV_8UC3, cv::Scalar()), folder / "a.gif"), Error);
}

}  // namespace
}  // namespace cairn
