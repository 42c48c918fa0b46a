#include "monitor/batch_picture.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>

#include <cairn/error.h>

#include "monitor/palette.h"

namespace cairn {
namespace {

cv::Vec3b pixel_of(Colour colour) {
  const auto byte = [](double share) { return static_cast<uint8_t>(std::lround(share * 255)); };
  return {byte(colour.blue), byte(colour.green), byte(colour.red)};
}

cv::Mat grey(int width, int height) {
  return {height, width, CV_8UC3, cv::Scalar(90, 90, 90)};
}
const std::vector<std::string> kNames = {"cell", "spot"};

int near_colour(const cv::Mat& picture, Colour colour) {
  int count = 0;
  for (int y = 0; y < picture.rows; ++y) {
    for (int x = 0; x < picture.cols; ++x) {
      count += cv::norm(picture.at<cv::Vec3b>(y, x), pixel_of(colour), cv::NORM_INF) < 3 ? 1 : 0;
    }
  }
  return count;
}

TEST(BatchPicture, DrawsFramesInTheClassesColours) {
  const cv::Mat picture = grey(200, 200);
  const std::vector<DrawnBox> boxes = {{40, 60, 120, 140, 1, -1}};
  const cv::Mat result = draw_boxes(picture, boxes, kNames);
  EXPECT_GT(near_colour(result, class_colour(1)), 100);
  EXPECT_EQ(near_colour(result, class_colour(0)), 0);
  EXPECT_EQ(result.at<cv::Vec3b>(100, 80), cv::Vec3b(90, 90, 90));
  EXPECT_EQ(cv::norm(picture, grey(200, 200), cv::NORM_INF), 0);
}

TEST(BatchPicture, AConfidenceMakesTheLabelWider) {
  const std::vector<DrawnBox> plain = {{40, 60, 60, 90, 0, -1}}, sure = {{40, 60, 60, 90, 0, 0.9f}};
  EXPECT_GT(near_colour(draw_boxes(grey(200, 200), sure, kNames), class_colour(0)),
            near_colour(draw_boxes(grey(200, 200), plain, kNames), class_colour(0)) + 50);
}

TEST(BatchPicture, SurvivesBoxesThatNoPictureHas) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<DrawnBox> boxes = {
      {-500, -500, 900, 900, 0, 0.5f}, {50, 50, 20, 20, 99, 0.5f}, {infinity, 0, 1, 1, 0, 1}, {5, 5, 5, 5, -3, 1}};
  EXPECT_FALSE(draw_boxes(grey(1, 1), boxes, {}).empty());
}

TEST(BatchPicture, MosaicIsNearSquareAndBounded) {
  const std::vector<cv::Mat> pictures(20, grey(640, 480));
  const std::vector<std::vector<DrawnBox>> boxes(20);
  const cv::Mat mosaic = draw_batch(pictures, boxes, kNames);
  EXPECT_EQ(mosaic.cols, 1920);
  EXPECT_EQ(mosaic.rows, 1440);  // 16 of the 20
  EXPECT_EQ(draw_batch(std::span(pictures).first(3), std::span(boxes).first(3), kNames).rows, 960);
}

TEST(BatchPicture, UnsurePredictionsAreLeftOutAndLabelsAreNot) {
  const std::vector<cv::Mat> pictures = {grey(300, 300)};
  const std::vector<std::vector<DrawnBox>> boxes = {{{50, 50, 100, 100, 0, 0.2f}, {150, 150, 250, 250, 1, -1}}};
  const cv::Mat mosaic = draw_batch(pictures, boxes, kNames);
  EXPECT_EQ(near_colour(mosaic, class_colour(0)), 0);
  EXPECT_GT(near_colour(mosaic, class_colour(1)), 100);
}

TEST(BatchPicture, ListsOfOtherLengthsAreRefused) {
  const std::vector<cv::Mat> pictures(2, grey(10, 10));
  const std::vector<std::vector<DrawnBox>> boxes(1);
  EXPECT_THROW(draw_batch(pictures, boxes, kNames), Error);
}

TEST(BatchPicture, PlanesBecomePixels) {
  const std::array<uint8_t, 12> bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const auto pictures = planar_to_pictures(bytes, 2, 1, 2);
  ASSERT_EQ(pictures.size(), 2u);
  EXPECT_EQ(pictures[0].at<cv::Vec3b>(0, 0), cv::Vec3b(5, 3, 1));
  EXPECT_EQ(pictures[1].at<cv::Vec3b>(0, 1), cv::Vec3b(12, 10, 8));
  EXPECT_THROW(planar_to_pictures(bytes, 1, 1, 2), Error);
}

TEST(BatchPicture, NeighbouringClassesDiffer) {
  for (int i = 0; i < 60; ++i) EXPECT_FALSE(class_colour(i) == class_colour(i + 1)) << i;
}

}  // namespace
}  // namespace cairn
