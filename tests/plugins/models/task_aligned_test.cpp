#include "common/task_aligned.h"

#include <cmath>

#include <gtest/gtest.h>

namespace cairn::models {
namespace {

// Predictions given cell by cell: a box and one score for every class.
class Given final : public SparsePredictions {
 public:
  std::vector<Corners> all_boxes;
  std::vector<double> all_scores;
  std::vector<Corners> boxes(const std::vector<int64_t>& rows) const override {
    std::vector<Corners> result;
    for (const int64_t row : rows) result.push_back(all_boxes[static_cast<size_t>(row)]);
    return result;
  }
  std::vector<double> scores(const std::vector<int64_t>& rows, const std::vector<int64_t>&) const override {
    std::vector<double> result;
    for (const int64_t row : rows) result.push_back(all_scores[static_cast<size_t>(row)]);
    return result;
  }
};

// One level of 4 x 4 cells of 8 pixels.
Grid small_grid() {
  return Grid({at::zeros({1, 1, 4, 4})}, {8});
}

Targets targets_of(std::vector<float> rows, int64_t batch = 1) {
  return {at::tensor(at::ArrayRef<float>(rows)).view({-1, 6}), batch, 32, 32};
}

Given uniform_predictions(const Corners& box) {
  Given given;
  given.all_boxes.assign(16, box);
  given.all_scores.assign(16, 0.25);
  return given;
}

TaskAlignedRule plain_rule(int64_t topk) {
  TaskAlignedRule rule;
  rule.topk = topk;
  rule.iou = {Overlap::Iou, 0, false, false};
  return rule;
}

TEST(AnchorsInside, AreThoseWhoseCentresAreStrictlyInside) {
  std::vector<int64_t> found;
  anchors_inside(small_grid(), {4, 4, 20, 12.5}, found);
  // Centres 4, 12, 20 lie on columns 0 to 2; the first and last touch the border and do not count.
  EXPECT_EQ(found, (std::vector<int64_t>{5}));
}

TEST(AnchorsInside, SurviveBoxesFarOutside) {
  std::vector<int64_t> found;
  anchors_inside(small_grid(), {-1e30, -1e30, 1e30, 1e30}, found);
  EXPECT_EQ(found.size(), 16U);
  found.clear();
  anchors_inside(small_grid(), {1e30, 1e30, 2e30, 2e30}, found);
  EXPECT_TRUE(found.empty());
}

TEST(TaskAligned, GivesTheBestAnchorTheObjectsOverlap) {
  const Targets targets = targets_of({0, 1, 0.5F, 0.5F, 0.5F, 0.5F});  // 8 .. 24: anchors 5, 6, 9, 10
  const Objects objects(targets, 32, 32, 3);
  Given given = uniform_predictions({8, 8, 24, 16});  // overlap 0.5
  given.all_scores[6] = 1;
  given.all_scores[0] = 1;  // outside
  const Assignment found = assign_task_aligned(plain_rule(2), small_grid(), objects, given);
  ASSERT_EQ(found.positives.size(), 2U);
  EXPECT_EQ(found.positives[0].anchor, 5);  // of equal ones the lower
  EXPECT_EQ(found.positives[1].anchor, 6);
  const double metric = 1.0 / 64;
  EXPECT_NEAR(found.positives[1].score, metric * 0.5 / (metric + 1e-9), 1e-12);
  EXPECT_NEAR(found.positives[0].score, metric / 2 * 0.5 / (metric + 1e-9), 1e-12);
  EXPECT_NEAR(found.score_sum, 0.75, 1e-6);
}

TEST(TaskAligned, GivesAContestedAnchorToTheLargestOverlap) {
  // Both objects contain anchor 5 only; the second fits the prediction better, the first has none left.
  const Targets targets = targets_of({0, 0, 0.375F, 0.375F, 0.2F, 0.2F, 0, 1, 0.375F, 0.375F, 0.24F, 0.24F});
  const Objects objects(targets, 32, 32, 3);
  const Given given = uniform_predictions({8.16, 8.16, 15.84, 15.84});
  const Assignment found = assign_task_aligned(plain_rule(1), small_grid(), objects, given);
  ASSERT_EQ(found.positives.size(), 1U);
  EXPECT_EQ(found.positives[0].object, 1);
}

TEST(TaskAligned, EnlargesSmallSidesForCandidatesOnly) {
  const Targets targets = targets_of({0, 0, 0.5F, 0.375F, 0.1F, 0.25F});  // between the centres of columns 1 and 2
  const Objects objects(targets, 32, 32, 3);
  const Given given = uniform_predictions({14, 8, 18, 16});
  TaskAlignedRule rule = plain_rule(10);
  EXPECT_TRUE(assign_task_aligned(rule, small_grid(), objects, given).positives.empty());
  rule.min_side = 16;
  EXPECT_EQ(assign_task_aligned(rule, small_grid(), objects, given).positives.size(), 2U);
}

TEST(TaskAligned, IgnoresPredictionsThatAreNotFinite) {
  const Targets targets = targets_of({0, 1, 0.5F, 0.5F, 0.5F, 0.5F});
  const Objects objects(targets, 32, 32, 3);
  Given given = uniform_predictions({8, 8, 24, 24});
  given.all_boxes[5].x1 = NAN;
  given.all_scores[6] = NAN;
  const Assignment found = assign_task_aligned(plain_rule(10), small_grid(), objects, given);
  ASSERT_EQ(found.positives.size(), 2U);
  EXPECT_EQ(found.positives[0].anchor, 9);
}

TEST(TaskAligned, AcceptsABatchWithoutObjects) {
  const Targets targets = targets_of({}, 2);
  const Assignment found = assign_task_aligned(plain_rule(10), small_grid(), Objects(targets, 32, 32, 3), Given());
  EXPECT_TRUE(found.positives.empty());
  EXPECT_EQ(found.score_sum, 0);
}

TEST(Objects, RefuseWhatNoModelCanLearn) {
  EXPECT_THROW(Objects(targets_of({0, 3, 0.5F, 0.5F, 0.1F, 0.1F}), 32, 32, 3), Error);
  EXPECT_THROW(Objects(targets_of({1, 0, 0.5F, 0.5F, 0.1F, 0.1F}), 32, 32, 3), Error);
  EXPECT_THROW(Objects(targets_of({0, 0, NAN, 0.5F, 0.1F, 0.1F}), 32, 32, 3), Error);
  EXPECT_THROW(Objects(targets_of({1, 0, 0.5F, 0.5F, 0.1F, 0.1F, 0, 0, 0.5F, 0.5F, 0.1F, 0.1F}, 2), 32, 32, 3), Error);
}

}  // namespace
}  // namespace cairn::models
