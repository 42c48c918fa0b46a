#include "evaluate/evaluator.h"

#include <gmock/gmock.h>

#include <limits>
#include <map>

#include <cairn/error.h>

#include "evaluate/coco_json.h"
#include "framework/evaluate/golden_evaluation.h"

namespace cairn {
namespace {

CocoSet bccd() {
  const auto folder = test::evaluation_goldens() / "bccd";
  CocoSet set = read_coco_annotations(folder / "ground_truth.json");
  read_coco_detections(folder / "detections.json", &set);
  return set;
}

TEST(Evaluator, OrderOfPicturesDoesNotMatter) {
  const CocoSet set = bccd();
  auto images = to_evaluated(set);
  Evaluator forward({}, set.category_names), backward({}, set.category_names);
  for (const auto& image : images) forward.add(image.id, image.detections, image.targets);
  std::reverse(images.begin(), images.end());
  for (const auto& image : images) backward.add(image.id, image.detections, image.targets);
  EXPECT_EQ(forward.finish().metrics.rows(), backward.finish().metrics.rows());
}

TEST(Evaluator, GivesTheGoldenFiguresUnderTheirNames) {
  const CocoSet set = bccd();
  Evaluator evaluator({}, set.category_names);
  for (const auto& image : to_evaluated(set)) evaluator.add(image.id, image.detections, image.targets);
  const EvaluationResult result = evaluator.finish();
  EXPECT_EQ(result.images, 86);
  EXPECT_EQ(result.targets, 1107);
  EXPECT_EQ(result.detections, 1433);
  std::map<std::string, double> rows;
  for (const auto& [name, value] : result.metrics.rows()) rows[name] = value;
  EXPECT_EQ(rows.size(), 20u);
  EXPECT_NEAR(rows.at("map50"), 0.7258653280743449, 1e-6);
  EXPECT_NEAR(rows.at("map50_95"), 0.3852877479700585, 1e-6);
  EXPECT_NEAR(rows.at("fitness"), 0.1 * 0.7258653280743449 + 0.9 * 0.3852877479700585, 1e-6);
  EXPECT_NEAR(rows.at("coco_ap"), 0.3345955458172055, 1e-4);  // boxes went through float32
  EXPECT_NEAR(rows.at("coco_ar100"), 0.4906651965066391, 1e-4);
  EXPECT_THAT(table_text(result), testing::HasSubstr("Platelets"));
  EXPECT_EQ(evaluator.images(), 0);
}

TEST(Evaluator, BringsBoxesBackToTheFile) {
  Mapping mapping{640, 480, 0.5, 0.5, 0, 40};
  Evaluator evaluator({}, {"cell"});
  evaluator.add(1, {{50, 90, 100, 140, 0.9f, 0}}, mapping, {{100, 100, 200, 200, 0}});
  EXPECT_DOUBLE_EQ(evaluator.finish().metrics.map50_95, 0.995);
}

TEST(Evaluator, CutsBoxesAtTheEdgesOfTheFile) {
  const Detections cut = to_file_pixels({{-10, 30, 400, 400, 0.9f, 0}}, {640, 480, 0.5, 0.5, 0, 40});
  EXPECT_EQ(cut[0].x1, 0);
  EXPECT_EQ(cut[0].y1, 0);
  EXPECT_EQ(cut[0].x2, 640);
  EXPECT_EQ(cut[0].y2, 480);
}

TEST(Evaluator, NothingAtAllGivesZerosAndMinusOnes) {
  Evaluator evaluator({}, {"cell"});
  evaluator.add(1, {}, {});
  const EvaluationResult result = evaluator.finish();
  EXPECT_EQ(result.metrics.map50, 0);
  EXPECT_EQ(result.metrics.fitness, 0);
  EXPECT_EQ(result.metrics.coco.ap, -1);
}

TEST(Evaluator, RefusesUnknownClassesAndNumbersThatAreNone) {
  Evaluator evaluator({}, {"cell"});
  EXPECT_THROW(evaluator.add(1, {{0, 0, 1, 1, 0.5f, 1}}, {}), Error);
  EXPECT_THROW(evaluator.add(1, {{0, 0, 1, 1, std::numeric_limits<float>::quiet_NaN(), 0}}, {}), Error);
  EXPECT_THROW(evaluator.add(1, {}, {{0, 0, 1, 1, -1}}), Error);
  evaluator.add(1, {}, {});
  evaluator.add(1, {}, {});
  EXPECT_THROW(evaluator.finish(), Error);
}

TEST(Evaluator, FitnessFollowsTheRule) {
  EXPECT_DOUBLE_EQ(fitness(FastRule::Yolov5, 0.5, 0.4), 0.41);
  EXPECT_DOUBLE_EQ(fitness(FastRule::Ultralytics84, 0.5, 0.4), 0.4);
  for (const FastRule rule : kFastRules) EXPECT_EQ(fast_rule_from(name_of(rule)), rule);
  EXPECT_THROW(fast_rule_from("yolov6"), Error);
}

}  // namespace
}  // namespace cairn
