#include "evaluate/confusion.h"

#include <cmath>

#include <cairn/error.h>

#include "framework/evaluate/golden_evaluation.h"

namespace cairn {
namespace {

std::vector<EvaluatedImage> golden_images(const nlohmann::json& golden) {
  std::vector<EvaluatedImage> images;
  for (const auto& one : golden.at("images")) {
    EvaluatedImage image;
    for (const auto& t : one.at("targets")) image.targets.push_back({t[0], t[1], t[2], t[3], t[4], 0, 0});
    for (const auto& d : one.at("detections")) image.detections.push_back({d[0], d[1], d[2], d[3], d[4], d[5]});
    images.push_back(image);
  }
  return images;
}

TEST(Confusion, ReproducesTheGoldenMatrixUnderEveryRule) {
  CAIRN_GOLDEN_JSON(golden, "evaluation/confusion.json");
  const auto images = golden_images(golden);
  ASSERT_FALSE(images.empty());
  ASSERT_FALSE(golden.at("expected").empty());
  for (const auto& [rule, expected] : golden.at("expected").items()) {
    ConfusionMatrix matrix(golden.at("classes"), confusion_rule_from(rule), golden.at("confidence"), golden.at("iou"));
    for (const auto& image : images) matrix.add(image);
    for (int predicted = 0; predicted < matrix.size(); ++predicted) {
      for (int truth = 0; truth < matrix.size(); ++truth) {
        EXPECT_EQ(matrix.at(predicted, truth), expected[predicted][truth]) << rule << " " << predicted << " " << truth;
      }
    }
  }
}

TEST(Confusion, NormalizedColumnsSumToOneAndEmptyOnesAreUndefined) {
  ConfusionMatrix matrix(2);
  matrix.add({1, {{0, 0, 10, 10, 0}, {50, 50, 60, 60, 0}}, {{0, 0, 10, 10, 0.9f, 0}}});
  const auto shares = matrix.normalized();
  EXPECT_DOUBLE_EQ(shares[0], 0.5);
  EXPECT_DOUBLE_EQ(shares[6], 0.5);
  EXPECT_TRUE(std::isnan(shares[1]));
}

TEST(Confusion, CrowdsAreNotThere) {
  ConfusionMatrix matrix(1);
  matrix.add({1, {{0, 0, 10, 10, 0, kCrowd, 0}}, {}});
  EXPECT_EQ(matrix.at(1, 0), 0);
}

TEST(Confusion, UnknownRuleListsTheKnown) {
  EXPECT_THROW(confusion_rule_from("yolo"), Error);
}

}  // namespace
}  // namespace cairn
