// Stages that combine pictures or hide parts of one: mixup, cutmix, copy_paste, random_erase.
#include <opencv2/imgproc.hpp>

#include "common/cover.h"
#include "common/labels.h"
#include "common/outline.h"
#include "samples.h"

namespace cairn::test {
namespace {

Sample plain(cv::Size size, cv::Scalar color) {
  Sample sample;
  sample.image = cv::Mat(size, CV_8UC3, color);
  return sample;
}

TEST(Mixup, CutsTheWeightedSumAndKeepsAllLabels) {
  const Sample a = made_up_sample({96, 64}, 3, 1), b = made_up_sample({96, 64}, 2, 2);
  const auto mixup = make_stage("mixup");
  for (uint64_t key = 0; key < 20; ++key) {
    Rng rng{key};
    const double ratio = Rng(rng).beta(32, 32);
    const Sample out = applied(*mixup, a, {b}, context_of({96, 64}), rng);
    for (int i = 0; i < 96 * 64 * 3; ++i) {
      ASSERT_EQ(out.image.data[i], static_cast<uint8_t>(a.image.data[i] * ratio + b.image.data[i] * (1 - ratio)));
    }
    ASSERT_EQ(out.boxes.size(), 5u);
    EXPECT_EQ(out.boxes[0].class_id, a.boxes[0].class_id);
    EXPECT_EQ(out.boxes[3].class_id, b.boxes[0].class_id);
    EXPECT_EQ(out.polygons[3].rings, b.polygons[0].rings);
  }
}

TEST(Cutmix, ShowsThePartnerInsideARectangle) {
  Sample a = plain({100, 80}, {10, 10, 10}), b = plain({100, 80}, {200, 200, 200});
  a.boxes = {{0, 0, 100, 80, 1, 0, 8000}};
  b.boxes = {{0, 0, 100, 80, 2, 0, 8000}};
  const auto cutmix = make_stage("cutmix", {{"min_visible", 0.0}});
  for (uint64_t key = 0; key < 50; ++key) {
    const Sample out = applied(*cutmix, a, {b}, context_of({100, 80}), Rng{key});
    cv::Mat channel;
    cv::extractChannel(out.image == cv::Scalar::all(200), channel, 0);
    const cv::Rect cut = cv::boundingRect(channel);
    EXPECT_EQ(cv::countNonZero(channel), cut.area());
    for (const Box& box : out.boxes) {
      if (box.class_id != 2) continue;
      EXPECT_EQ(cv::Rect2f(box.x1, box.y1, box.width(), box.height()), cv::Rect2f(cut));
    }
    EXPECT_EQ(std::count_if(out.boxes.begin(), out.boxes.end(), [](const Box& b) { return b.class_id == 2; }),
              cut.area() > 0);
  }
}

TEST(CopyPaste, PastesTheMirroredObject) {
  Sample sample = plain({100, 60}, {0, 0, 0});
  sample.image(cv::Rect(10, 20, 20, 10)).setTo(cv::Scalar(1, 2, 3));
  sample.boxes = {{10, 20, 30, 30, 7, 0, 200}};
  sample.polygons = {{{{{10, 20}, {30, 20}, {30, 30}, {10, 30}}}}};
  const Sample out = applied(*make_stage("copy_paste", {{"share", 1.0}}), sample, {}, context_of({100, 60}), Rng{1});
  ASSERT_EQ(out.boxes.size(), 2u);
  EXPECT_EQ(out.boxes[1].x1, 70);
  EXPECT_EQ(out.boxes[1].x2, 90);
  EXPECT_EQ(out.boxes[1].class_id, 7);
  cv::Mat expected = sample.image.clone();
  expected(cv::Rect(70, 20, 20, 10)).setTo(cv::Scalar(1, 2, 3));
  EXPECT_TRUE(same_pixels(out.image, expected));
}

TEST(CopyPaste, LeavesOutWhatWouldHideTooMuch) {
  Sample sample = made_up_sample({100, 60}, 0, 1);
  sample.boxes = {{40, 20, 60, 30, 7, 0, 200}};  // its mirror image lies on itself
  sample.polygons = {{{{{40, 20}, {60, 20}, {60, 30}, {40, 30}}}}};
  const Sample out = applied(*make_stage("copy_paste", {{"share", 1.0}}), sample, {}, context_of({100, 60}), Rng{1});
  EXPECT_EQ(out.boxes.size(), 1u);
  EXPECT_TRUE(same_pixels(out.image, sample.image));
}

TEST(CopyPaste, NeedsOutlines) {
  Sample sample = made_up_sample({100, 60}, 4, 1);
  sample.polygons.clear();
  const Sample out = applied(*make_stage("copy_paste", {{"share", 1.0}}), sample, {}, context_of({100, 60}), Rng{1});
  EXPECT_EQ(out.boxes.size(), 4u);
  EXPECT_TRUE(same_pixels(out.image, sample.image));
}

TEST(RandomErase, PaintsTheAskedShare) {
  const Sample sample = plain({100, 100}, {255, 255, 255});
  const auto erase = make_stage("random_erase", {{"area", List{0.1}}, {"fill", "grey"}, {"aspect", 1.0}});
  for (uint64_t key = 0; key < 20; ++key) {
    const cv::Mat out = applied(*erase, sample, {}, context_of({100, 100}), Rng{key}).image;
    cv::Mat channel;
    cv::extractChannel(out, channel, 0);
    EXPECT_EQ(cv::countNonZero(channel == 114), 32 * 32);
  }
}

TEST(RandomErase, DropsHiddenBoxes) {
  Sample sample = plain({100, 100}, {255, 255, 255});
  sample.boxes = {{10, 10, 90, 90, 0, 0, 6400}};
  const auto all = make_stage("random_erase", {{"area", List{1.0}}, {"aspect", 1.0}});
  EXPECT_TRUE(applied(*all, sample, {}, context_of({100, 100}), Rng{1}).boxes.empty());
  const auto little = make_stage("random_erase", {{"area", List{0.02}}});
  EXPECT_EQ(applied(*little, sample, {}, context_of({100, 100}), Rng{1}).boxes.size(), 1u);
}

TEST(Cover, CountsOverlappingRectanglesOnce) {
  const Box box{0, 0, 100, 100, 0, 0, 0};
  const std::vector<cv::Rect> covers = {{0, 0, 60, 60}, {40, 40, 60, 60}, {-50, -50, 60, 60}, {200, 0, 10, 10}};
  EXPECT_DOUBLE_EQ(augment::covered_area(box, covers), 3600 + 3600 - 400);
}

TEST(Cover, AgreesWithCountedPixels) {
  Rng rng{5};
  for (int round = 0; round < 200; ++round) {
    std::vector<cv::Rect> covers;
    cv::Mat mask(50, 50, CV_8UC1, cv::Scalar(0));
    for (int i = 0; i < 6; ++i) {
      covers.emplace_back(static_cast<int>(rng.below(50)), static_cast<int>(rng.below(50)),
                          static_cast<int>(rng.below(40)), static_cast<int>(rng.below(40)));
      mask(covers.back() & cv::Rect(0, 0, 50, 50)).setTo(1);
    }
    EXPECT_DOUBLE_EQ(augment::covered_area({10, 5, 45, 40, 0, 0, 0}, covers),
                     cv::countNonZero(mask(cv::Rect(10, 5, 35, 35))));
  }
}

TEST(Cover, ShrinksABoxThatLosesAWholeSide) {
  Sample sample = plain({100, 100}, {0, 0, 0});
  sample.boxes = {{10, 10, 50, 50, 0, 0, 800}, {10, 60, 50, 90, 1, 0, 1200}};
  const cv::Rect cover(0, 0, 20, 60);  // all of the left side of the first, nothing of the second
  augment::hide_under(sample, std::span(&cover, 1), 0.4);
  ASSERT_EQ(sample.boxes.size(), 2u);
  EXPECT_EQ(sample.boxes[0].x1, 20);
  EXPECT_EQ(sample.boxes[0].area, 600);
  EXPECT_EQ(sample.boxes[1].x1, 10);
}

TEST(Outlines, AreCutAtTheBorder) {
  Polygon polygon{{{{-10, 10}, {10, -10}, {30, 10}, {10, 30}}, {{-9, -9}, {-5, -9}, {-5, -5}}}};
  augment::clip_outline(polygon, {0, 0, 20, 20});
  ASSERT_EQ(polygon.rings.size(), 1u);  // the second lay outside
  const augment::Bounds bounds = augment::bounds_of(polygon);
  EXPECT_EQ(bounds.x1, 0);
  EXPECT_EQ(bounds.x2, 20);
  EXPECT_NEAR(cv::contourArea(polygon.rings[0]), 400, 1e-3);
}

}  // namespace
}  // namespace cairn::test
