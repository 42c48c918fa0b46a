// The numbers of tests/goldens/training: letterbox, affine, mosaic, hsv.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "common/hsv.h"
#include "common/letterbox.h"
#include "common/mosaic_layout.h"
#include "common/perspective.h"
#include "support/golden_set.h"

namespace cairn::augment {
namespace {

using Json = nlohmann::json;

cv::Size size_of(const Json& wh) {
  return {wh[0].get<int>(), wh[1].get<int>()};
}
Bounds bounds_of_list(const Json& b) {
  return {b[0], b[1], b[2], b[3]};
}
cv::Rect rect_of(const Json& b) {
  return {cv::Point(b[0], b[1]), cv::Point(b[2], b[3])};
}

TEST(Golden, LetterboxGeometry) {
  CAIRN_GOLDEN_JSON(file, "training/letterbox.json");
  ASSERT_FALSE(file["cases"].empty());
  for (const Json& c : file["cases"]) {
    SCOPED_TRACE(c.dump());
    const LetterboxPlan plan =
        plan_letterbox(size_of(c["image"]), size_of(c["target"]), {c["scaleup"], c["auto"], c["stride"]});
    EXPECT_DOUBLE_EQ(plan.ratio, c["ratio"].get<double>());
    EXPECT_EQ(plan.resized, size_of(c["resized"]));
    EXPECT_DOUBLE_EQ(plan.half_pad_x, c["half_pad"][0].get<double>());
    EXPECT_DOUBLE_EQ(plan.half_pad_y, c["half_pad"][1].get<double>());
    EXPECT_EQ(plan.left, c["left"].get<int>());
    EXPECT_EQ(plan.top, c["top"].get<int>());
    EXPECT_EQ(plan.right, c["right"].get<int>());
    EXPECT_EQ(plan.bottom, c["bottom"].get<int>());
    EXPECT_EQ(plan.output(), size_of(c["output"]));
  }
}

PerspectiveValues values_of(const Json& c) {
  return {c["degrees"],      c["scale"],        c["shear"][0],       c["shear"][1],
          c["translate"][0], c["translate"][1], c["perspective"][0], c["perspective"][1]};
}

void expect_matrix(const cv::Matx33d& map, const Json& expected) {
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) {
      const double value = expected[row][column];
      EXPECT_NEAR(map(row, column), value, 1e-9 * std::max(1.0, std::abs(value))) << row << ", " << column;
    }
  }
}

TEST(Golden, AffineMatrixBoxesAndCandidates) {
  CAIRN_GOLDEN_JSON(file, "training/affine.json");
  ASSERT_FALSE(file["cases"].empty());
  for (const Json& c : file["cases"]) {
    const cv::Size output = size_of(c["output_wh"]);
    const Bounds limits{0, 0, static_cast<double>(output.width), static_cast<double>(output.height)};
    const cv::Matx33d map = perspective_matrix(size_of(c["source_wh"]), output, values_of(c));
    expect_matrix(map, c["matrix"]);
    for (size_t i = 0; i < c["boxes"].size(); ++i) {
      SCOPED_TRACE(c["boxes"][i].dump());
      const Bounds source = bounds_of_list(c["boxes"][i]), expected = bounds_of_list(c["boxes_out"][i]);
      const Bounds moved = clipped(moved_bounds(map, source), limits);
      EXPECT_NEAR(moved.x1, expected.x1, 1e-2);
      EXPECT_NEAR(moved.y1, expected.y1, 1e-2);
      EXPECT_NEAR(moved.x2, expected.x2, 1e-2);
      EXPECT_NEAR(moved.y2, expected.y2, 1e-2);
      EXPECT_EQ(is_candidate(source, c["scale"], moved, {2, 0.1, 100}), c["keep_aspect_100"][i].get<bool>());
      EXPECT_EQ(is_candidate(source, c["scale"], moved, {2, 0.1, 20}), c["keep_aspect_20"][i].get<bool>());
    }
  }
}

TEST(Golden, AffineLabelsOfASample) {
  CAIRN_GOLDEN_JSON(file, "training/affine.json");
  for (const Json& c : file["cases"]) {
    const cv::Size output = size_of(c["output_wh"]);
    Sample sample;
    for (size_t i = 0; i < c["boxes"].size(); ++i) {
      const Json& b = c["boxes"][i];
      sample.boxes.push_back({b[0], b[1], b[2], b[3], static_cast<int32_t>(i), 0, 0});
    }
    const cv::Matx33d map = perspective_matrix(size_of(c["source_wh"]), output, values_of(c));
    transform_labels(sample, map, output, c["scale"], {}, {});
    size_t next = 0;
    for (size_t i = 0; i < c["boxes"].size(); ++i) {
      if (!c["keep_aspect_100"][i].get<bool>()) continue;
      ASSERT_LT(next, sample.boxes.size());
      EXPECT_EQ(sample.boxes[next].class_id, static_cast<int>(i));
      EXPECT_NEAR(sample.boxes[next].x1, c["boxes_out"][i][0].get<double>(), 1e-2);
      EXPECT_NEAR(sample.boxes[next].y2, c["boxes_out"][i][3].get<double>(), 1e-2);
      ++next;
    }
    EXPECT_EQ(next, sample.boxes.size());
  }
}

void expect_tile(const TilePlacement& place, const Json& tile) {
  EXPECT_EQ(place.canvas, rect_of(tile["canvas"]));
  EXPECT_EQ(place.source, rect_of(tile["source"]));
  EXPECT_EQ(place.shift, cv::Point(tile["shift"][0], tile["shift"][1]));

  Sample labels;
  const double w = tile["wh"][0], h = tile["wh"][1];
  for (const Json& b : tile["labels_cxcywh"]) {
    const double cx = b[0], cy = b[1], bw = b[2], bh = b[3];
    labels.boxes.push_back({static_cast<float>((cx - bw / 2) * w), static_cast<float>((cy - bh / 2) * h),
                            static_cast<float>((cx + bw / 2) * w), static_cast<float>((cy + bh / 2) * h),
                            static_cast<int32_t>(labels.boxes.size()), 0, 0});
  }
  move_labels(labels, 1, place.shift.x, 1, place.shift.y);
  clip_labels(labels, place.clip);
  size_t next = 0;
  for (size_t i = 0; i < tile["boxes_xyxy"].size(); ++i) {
    if (!tile["positive_area"][i].get<bool>()) continue;
    ASSERT_LT(next, labels.boxes.size());
    const Box& box = labels.boxes[next++];
    const Json& expected = tile["boxes_xyxy"][i];
    EXPECT_EQ(box.class_id, static_cast<int>(i));
    EXPECT_NEAR(box.x1, expected[0].get<double>(), 1e-3);
    EXPECT_NEAR(box.y1, expected[1].get<double>(), 1e-3);
    EXPECT_NEAR(box.x2, expected[2].get<double>(), 1e-3);
    EXPECT_NEAR(box.y2, expected[3].get<double>(), 1e-3);
  }
  EXPECT_EQ(next, labels.boxes.size());
}

TEST(Golden, MosaicPlacementAndBoxes) {
  CAIRN_GOLDEN_JSON(file, "training/mosaic.json");
  ASSERT_FALSE(file["cases"].empty());
  for (const Json& c : file["cases"]) {
    std::vector<cv::Size> sizes;
    for (const Json& tile : c["tiles"]) sizes.push_back(size_of(tile["wh"]));
    const auto places = place_four(size_of(c["canvas_wh"]), {c["centre"][0], c["centre"][1]}, sizes);
    ASSERT_EQ(places.size(), 4u);
    for (size_t i = 0; i < 4; ++i) {
      SCOPED_TRACE(c["tiles"][i].dump());
      expect_tile(places[i], c["tiles"][i]);
    }
  }
}

cv::Mat pixels_of(const Json& list) {
  cv::Mat pixels(1, static_cast<int>(list.size()), CV_8UC3);
  for (int i = 0; i < pixels.cols; ++i) {
    pixels.at<cv::Vec3b>(i) =
        cv::Vec3b(list[i][0].get<uint8_t>(), list[i][1].get<uint8_t>(), list[i][2].get<uint8_t>());
  }
  return pixels;
}

// A hue may also differ by one step around the circle.
void expect_near_hsv(const cv::Mat& found, const cv::Mat& expected) {
  for (int i = 0; i < found.cols; ++i) {
    const cv::Vec3b a = found.at<cv::Vec3b>(i), b = expected.at<cv::Vec3b>(i);
    const int hue = std::abs(a[0] - b[0]);
    EXPECT_LE(std::min(hue, 180 - hue), 1) << i;
    EXPECT_LE(std::abs(a[1] - b[1]), 1) << i;
    EXPECT_LE(std::abs(a[2] - b[2]), 1) << i;
  }
}

TEST(Golden, HsvTables) {
  CAIRN_GOLDEN_JSON(file, "training/hsv.json");
  ASSERT_FALSE(file["cases"].empty());
  for (const Json& c : file["cases"]) {
    SCOPED_TRACE(c["name"].get<std::string>());
    const HueRule rule = c["rule"] == "additive" ? HueRule::Additive : HueRule::Multiplicative;
    const HsvTables tables = hsv_tables({c["r"][0], c["r"][1], c["r"][2]}, rule);
    for (int i = 0; i < 256; ++i) {
      EXPECT_EQ(tables.hue[i], c["lut_h"][i].get<int>()) << i;
      EXPECT_EQ(tables.saturation[i], c["lut_s"][i].get<int>()) << i;
      EXPECT_EQ(tables.value[i], c["lut_v"][i].get<int>()) << i;
    }
  }
}

TEST(Golden, HsvPixels) {
  CAIRN_GOLDEN_JSON(file, "training/hsv.json");
  const cv::Mat bgr = pixels_of(file["bgr_in"]);
  cv::Mat hsv;
  cv::cvtColor(bgr, hsv, cv::COLOR_BGR2HSV);
  expect_near_hsv(hsv, pixels_of(file["hsv_in"]));
  for (const Json& c : file["cases"]) {
    SCOPED_TRACE(c["name"].get<std::string>());
    cv::Mat from_golden;
    cv::cvtColor(pixels_of(c["hsv_out"]), from_golden, cv::COLOR_HSV2BGR);
    EXPECT_LE(cv::norm(from_golden, pixels_of(c["bgr_out"]), cv::NORM_INF), 1);
    const HueRule rule = c["rule"] == "additive" ? HueRule::Additive : HueRule::Multiplicative;
    const cv::Mat whole = apply_hsv(bgr, hsv_tables({c["r"][0], c["r"][1], c["r"][2]}, rule));
    EXPECT_LE(cv::norm(whole, pixels_of(c["bgr_out"]), cv::NORM_INF), 1);
  }
}

}  // namespace
}  // namespace cairn::augment
