#include <gmock/gmock.h>

#include <opencv2/imgcodecs.hpp>

#include "evaluate/coco_json.h"
#include "evaluate/evaluation_pictures.h"
#include "evaluate/predict_output.h"
#include "framework/evaluate/golden_evaluation.h"

namespace cairn {
namespace {

EvaluationResult bccd_result() {
  const auto folder = test::evaluation_goldens() / "bccd";
  CocoSet set = read_coco_annotations(folder / "ground_truth.json");
  read_coco_detections(folder / "detections.json", &set);
  Evaluator evaluator({}, set.category_names);
  for (const auto& image : to_evaluated(set)) evaluator.add(image.id, image.detections, image.targets);
  return evaluator.finish();
}

TEST(EvaluationPictures, WritesSixThatCanBeRead) {
  const test::TempFolder folder;
  const auto written = write_pictures(bccd_result(), folder.path());
  std::vector<std::string> names;
  for (const auto& path : written) {
    names.push_back(path.filename().string());
    EXPECT_GT(cv::imread(path.string()).cols, 400) << path;
  }
  EXPECT_THAT(names, testing::ElementsAre("confusion_matrix.png", "confusion_matrix_normalized.png", "P_curve.png",
                                          "R_curve.png", "F1_curve.png", "PR_curve.png"));
}

TEST(EvaluationPictures, AnEvaluationWithoutARightDetectionIsDrawnToo) {
  const test::TempFolder folder;
  Evaluator evaluator({}, {});
  EXPECT_EQ(write_pictures(evaluator.finish(), folder.path()).size(), 6u);
}

const Detections kFound = {{10, 20, 30, 60, 0.75f, 1}, {0, 0, 100, 50, 0.5f, 0}};

TEST(PredictOutput, TextIsNormalisedWithTheConfidenceLast) {
  EXPECT_EQ(yolo_text(kFound, 100, 200), "1 0.2 0.2 0.2 0.2 0.75\n0 0.5 0.125 1 0.25 0.5\n");
}

TEST(PredictOutput, WritesWhatWasAskedFor) {
  const test::TempFolder folder;
  const cv::Mat picture(200, 100, CV_8UC3, cv::Scalar(50, 60, 70));
  PredictWriter writer({folder / "out", true, true, true}, {"cell", "spot"});
  EXPECT_EQ(writer.add("in/a b.jpeg", picture, kFound), "a b");
  EXPECT_EQ(writer.add("other/a b.png", picture, {}), "a b_2");
  writer.finish();
  EXPECT_GT(cv::norm(cv::imread((folder / "out/a b.jpg").string()), picture, cv::NORM_INF), 50);
  EXPECT_EQ(test::read_text(folder / "out/labels/a b_2.txt"), "");
  const auto json = test::read_json(folder / "out/predictions.json");
  EXPECT_EQ(json.at("classes"), nlohmann::json({"cell", "spot"}));
  EXPECT_EQ(json.at("images")[0].at("file"), "in/a b.jpeg");
  EXPECT_EQ(json.at("images")[0].at("detections")[0].at("name"), "spot");
  EXPECT_EQ(json.at("images")[0].at("detections")[0].at("box"), nlohmann::json({10, 20, 30, 60}));
  EXPECT_TRUE(json.at("images")[1].at("detections").empty());
}

TEST(PredictOutput, WritesNothingUnasked) {
  const test::TempFolder folder;
  PredictWriter writer({folder / "out", false, false, false}, {"cell"});
  writer.add("a.png", cv::Mat(4, 4, CV_8UC3, cv::Scalar()), {});
  writer.finish();
  EXPECT_TRUE(std::filesystem::is_empty(folder / "out"));
}

}  // namespace
}  // namespace cairn
