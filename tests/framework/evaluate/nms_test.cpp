#include "evaluate/nms.h"

#include <limits>

#include "framework/evaluate/golden_evaluation.h"

namespace cairn {
namespace {

constexpr const char* kGolden = "evaluation/nms.json";

Detections unsorted(const nlohmann::json& one) {
  Detections detections;
  for (size_t i = 0; i < one.at("boxes").size(); ++i) {
    const auto& box = one.at("boxes")[i];
    detections.push_back({box[0], box[1], box[2], box[3], one.at("scores")[i], one.at("classes")[i]});
  }
  return detections;
}

TEST(Nms, KeepsTheGoldenIndices) {
  CAIRN_GOLDEN_JSON(file, kGolden);
  ASSERT_FALSE(file.at("nms").empty());
  for (const auto& one : file.at("nms")) {
    const Detections detections = unsorted(one);
    const auto order = by_falling_score(detections);
    Detections sorted;
    for (const int32_t i : order) sorted.push_back(detections[i]);
    std::vector<int32_t> kept;
    for (const int32_t i : nms(sorted, one.at("iou"), one.at("max_det"), false)) kept.push_back(order[i]);
    const auto& expected = one.contains("keep_exact") ? one.at("keep_exact") : one.at("keep");
    EXPECT_EQ(nlohmann::json(kept), expected) << one.at("name");
  }
}

std::vector<float> rows_of(const nlohmann::json& one) {
  std::vector<float> rows;
  for (size_t i = 0; i < one.at("boxes").size(); ++i) {
    for (const float at : one.at("boxes")[i]) rows.push_back(at);
    const float objectness = one.contains("objectness") ? one.at("objectness")[i].get<float>() : 1.0f;
    for (const float score : one.at("class_scores")[i]) rows.push_back(score * objectness);
  }
  return rows;
}

int64_t boxes_of(const nlohmann::json& one) {
  return static_cast<int64_t>(one.at("boxes").size());
}
int64_t classes_of(const nlohmann::json& one) {
  return one.at("class_scores").empty() ? 1 : static_cast<int64_t>(one.at("class_scores")[0].size());
}

void expect_kept(const Detections& found, const nlohmann::json& one) {
  const auto& expected = one.at("keep");
  ASSERT_EQ(found.size(), expected.size()) << one.at("name");
  for (size_t i = 0; i < found.size(); ++i) {
    const auto& box = one.at("boxes")[expected[i][0].get<size_t>()];
    EXPECT_EQ(found[i].x1, box[0].get<float>()) << one.at("name") << " " << i;
    EXPECT_EQ(found[i].y2, box[3].get<float>()) << one.at("name") << " " << i;
    EXPECT_EQ(found[i].class_id, expected[i][1]) << one.at("name") << " " << i;
    EXPECT_FLOAT_EQ(found[i].score, expected[i][2].get<float>()) << one.at("name") << " " << i;
  }
}

TEST(Postprocess, ReproducesTheGoldenLists) {
  CAIRN_GOLDEN_JSON(file, kGolden);
  ASSERT_FALSE(file.at("postprocess").empty());
  for (const auto& one : file.at("postprocess")) {
    PostprocessOptions options;
    options.confidence = one.at("conf");
    options.iou = one.at("iou");
    options.max_candidates = one.at("max_nms");
    options.max_detections = one.at("max_det");
    options.multi_label = one.at("multi_label");
    expect_kept(postprocess_rows(rows_of(one), boxes_of(one), classes_of(one), options), one);
  }
}

TEST(Postprocess, TakesTheGoldenPairsWithoutNms) {
  CAIRN_GOLDEN_JSON(file, kGolden);
  const auto& one = file.at("topk");
  PostprocessOptions options;
  options.confidence = 0;
  options.max_detections = one.at("max_det");
  expect_kept(top_k_rows(rows_of(one), boxes_of(one), classes_of(one), options), one);
}

TEST(Postprocess, ScoresThatAreNotNumbersNeverComeThrough) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> rows = {0, 0, 9, 9, nan, 0.5f, 0, 0, 9, 9, infinity, nan, 0, nan, 9, 9, 0.9f, 0.9f};
  for (const bool multi : {true, false}) {
    PostprocessOptions options;
    options.multi_label = multi;
    const Detections found = postprocess_rows(rows, 3, 2, options);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].score, 0.5f);
  }
  ASSERT_EQ(top_k_rows(rows, 3, 2, {}).size(), 1u);
}

TEST(Postprocess, AgnosticSuppressionLooksAcrossClasses) {
  const std::vector<float> rows = {0, 0, 9, 9, 0.9f, 0.8f};
  PostprocessOptions options;
  EXPECT_EQ(postprocess_rows(rows, 1, 2, options).size(), 2u);
  options.class_agnostic = true;
  EXPECT_EQ(postprocess_rows(rows, 1, 2, options).size(), 1u);
}

}  // namespace
}  // namespace cairn
