// Stages that change pixels and leave the geometry alone.
#include <opencv2/imgproc.hpp>

#include "common/hsv.h"
#include "samples.h"

namespace cairn::test {
namespace {

Sample run(const std::string& type, const Table& params, const Sample& sample, uint64_t key = 1) {
  return applied(*make_stage(type, params), sample, {}, context_of(sample.image.size()), Rng{key});
}

Sample plain(cv::Size size, int value) {
  Sample sample;
  sample.image = cv::Mat(size, CV_8UC3, cv::Scalar::all(value));
  return sample;
}

TEST(Hsv, WithoutGainsLeavesThePictureAlone) {
  const Sample sample = made_up_sample({96, 64}, 0, 1);
  const Sample out = run("hsv", {{"hue", 0.0}, {"saturation", 0.0}, {"value", 0.0}}, sample);
  EXPECT_EQ(out.image.data, sample.image.data);
}

TEST(Hsv, StripsGiveWhatOneWholePassGives) {
  const cv::Mat image = made_up_sample({331, 217}, 0, 1).image;
  const auto tables = augment::hsv_tables({0.3, -0.4, 0.2}, augment::HueRule::Multiplicative);
  cv::Mat hsv, expected;
  cv::cvtColor(image, hsv, cv::COLOR_BGR2HSV);
  cv::Mat lut(1, 256, CV_8UC3);
  for (int i = 0; i < 256; ++i) lut.at<cv::Vec3b>(i) = {tables.hue[i], tables.saturation[i], tables.value[i]};
  cv::LUT(hsv, lut, hsv);
  cv::cvtColor(hsv, expected, cv::COLOR_HSV2BGR);
  EXPECT_TRUE(same_pixels(augment::apply_hsv(image, tables), expected));
}

TEST(Hsv, GainsAreWithinTheirLimits) {
  const Sample sample = plain({8, 8}, 100);  // grey: only value matters
  for (uint64_t key = 0; key < 100; ++key) {
    const int value = run("hsv", {{"value", 0.4}}, sample, key).image.at<cv::Vec3b>(0)[0];
    EXPECT_GE(value, 60);
    EXPECT_LE(value, 140);
  }
}

TEST(Grayscale, MakesChannelsEqual) {
  const Sample out = run("grayscale", {}, made_up_sample({40, 30}, 0, 1));
  for (const cv::Vec3b& p : cv::Mat_<cv::Vec3b>(out.image)) ASSERT_TRUE(p[0] == p[1] && p[1] == p[2]);
}

TEST(Blur, TakesTheMeanOfTheWindow) {
  Sample sample = plain({15, 15}, 0);
  sample.image.at<cv::Vec3b>(7, 7) = cv::Vec3b(90, 180, 252);
  const Sample out = run("blur", {{"kernel", List{3}}}, sample);
  EXPECT_EQ(out.image.at<cv::Vec3b>(6, 8), cv::Vec3b(10, 20, 28));
  EXPECT_EQ(out.image.at<cv::Vec3b>(5, 8), cv::Vec3b(0, 0, 0));
}

TEST(Blur, DrawsEveryOddWindowOfTheInterval) {
  Sample sample = plain({31, 31}, 0);
  sample.image.at<cv::Vec3b>(15, 15) = cv::Vec3b(255, 255, 255);
  std::set<int> sides;
  const auto blur = make_stage("blur", {{"kernel", List{2, 8}}});
  for (uint64_t key = 0; key < 100; ++key) {
    const cv::Mat out = applied(*blur, sample, {}, context_of({31, 31}), Rng{key}).image;
    sides.insert(cv::countNonZero(out.row(15).reshape(1)) / 3);
  }
  EXPECT_EQ(sides, (std::set<int>{3, 5, 7}));
}

TEST(MedianBlur, RemovesASinglePixel) {
  Sample sample = plain({15, 15}, 50);
  sample.image.at<cv::Vec3b>(7, 7) = cv::Vec3b(255, 0, 255);
  EXPECT_TRUE(same_pixels(run("median_blur", {}, sample).image, plain({15, 15}, 50).image));
}

TEST(Clahe, RaisesTheContrastOfADullPicture) {
  Sample sample = made_up_sample({128, 128}, 0, 1);
  sample.image = sample.image / 8 + cv::Scalar::all(100);
  cv::Scalar mean, before, after;
  cv::meanStdDev(sample.image, mean, before);
  cv::meanStdDev(run("clahe", {{"clip_limit", List{4.0}}}, sample).image, mean, after);
  EXPECT_GT(after[1], 1.5 * before[1]);
}

TEST(Jpeg, LowQualityLosesMore) {
  Sample sample = made_up_sample({64, 64}, 0, 1);
  cv::GaussianBlur(sample.image, sample.image, {9, 9}, 0);
  const double low = cv::norm(run("jpeg", {{"quality", List{5}}}, sample).image, sample.image, cv::NORM_L1);
  const double high = cv::norm(run("jpeg", {{"quality", List{100}}}, sample).image, sample.image, cv::NORM_L1);
  EXPECT_GT(high, 0);
  EXPECT_GT(low, 2 * high);
}

TEST(Noise, HasTheAskedStandardDeviation) {
  const Sample out = run("noise", {{"sigma", List{10.0}}}, plain({200, 200}, 128));
  cv::Scalar mean, deviation;
  cv::meanStdDev(out.image, mean, deviation);
  for (int channel = 0; channel < 3; ++channel) {
    EXPECT_NEAR(mean[channel], 128, 0.3);
    EXPECT_NEAR(deviation[channel], 10, 0.2);
  }
}

TEST(Intervals, AnEmptyListIsRefused) {
  for (const auto& [type, parameter] : std::map<std::string, std::string>{{"blur", "kernel"},
                                                                          {"median_blur", "kernel"},
                                                                          {"clahe", "clip_limit"},
                                                                          {"jpeg", "quality"},
                                                                          {"noise", "sigma"},
                                                                          {"random_erase", "area"}}) {
    EXPECT_THROW(make_stage(type, {{parameter, List{}}}), Error) << type;
  }
}

}  // namespace
}  // namespace cairn::test
