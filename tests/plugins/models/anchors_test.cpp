#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cairn/random.h>

#include "common/anchor_matches.h"
#include "common/auto_anchor.h"

namespace cairn::models {
namespace {

const std::vector<double> kStrides{8, 16};

AnchorTable small_table() {
  return anchor_table({10, 10, 20, 20, 40, 40, 80, 80}, 2);
}

TEST(AnchorTables, GoThroughTheStateUnchanged) {
  const at::Tensor state = to_tensor(small_table(), kStrides);
  EXPECT_EQ(state.sizes(), (std::vector<int64_t>{2, 2, 2}));
  EXPECT_EQ(state[1][1][0].item<float>(), 5);
  EXPECT_EQ(flat(from_tensor(state, kStrides)), flat(small_table()));
}

TEST(AnchorTables, AreTurnedRoundWhenTheLargeOnesComeFirst) {
  const AnchorTable reversed = anchor_table({40, 40, 80, 80, 10, 10, 20, 20}, 2);
  EXPECT_EQ(flat(in_order(reversed, kStrides)), flat(small_table()));
  EXPECT_EQ(flat(in_order(small_table(), kStrides)), flat(small_table()));
}

TEST(AnchorTables, RefuseWhatIsNoTable) {
  EXPECT_THROW(anchor_table({}, 2), Error);
  EXPECT_THROW(anchor_table({1, 2, 3, 4, 5, 6}, 2), Error);
  EXPECT_THROW(anchor_table({1, 2, 0, 4}, 2), Error);
}

// One level of 4 x 4 cells of 8 pixels, one anchor of 8 x 8.
AnchorMatches match(const std::vector<float>& box, double neighbours = 0.5) {
  std::vector<float> row{0, 0};
  row.insert(row.end(), box.begin(), box.end());
  const Targets targets{at::tensor(at::ArrayRef<float>(row)).view({1, 6}), 1, 32, 32};
  return match_anchors({4, neighbours}, Grid({at::zeros({1, 1, 4, 4})}, {8}), anchor_table({8, 8}, 1),
                       AnchorObjects(targets, 1));
}

TEST(AnchorMatching, TakesTheOwnCellAndTheNearerNeighbours) {
  // Centre at column 1.25, row 2.75: left of and below the middle of its cell.
  const AnchorMatches matches = match({1.25F / 4, 2.75F / 4, 0.25F, 0.25F});
  const std::vector<AnchorMatch> expected{{0, 0, 2, 1, 0}, {0, 0, 2, 0, 0}, {0, 0, 3, 1, 0}};
  EXPECT_EQ(matches[0], expected);
}

TEST(AnchorMatching, TakesNoNeighbourOfACentreInTheMiddleOrOutsideThePicture) {
  EXPECT_EQ(match({1.5F / 4, 1.5F / 4, 0.25F, 0.25F})[0].size(), 1U);
  EXPECT_EQ(match({0.25F / 4, 3.75F / 4, 0.25F, 0.25F})[0].size(), 1U);
}

TEST(AnchorMatching, TakesFourNeighboursWhenAskedFor) {
  EXPECT_EQ(match({1.5F / 4, 1.5F / 4, 0.25F, 0.25F}, 1)[0].size(), 5U);
}

TEST(AnchorMatching, ComparesShapesStrictly) {
  EXPECT_EQ(match({0.5F, 0.5F, 1, 0.25F})[0].size(), 0U);  // four times as wide
  EXPECT_GT(match({0.5F, 0.5F, 0.99F, 0.25F})[0].size(), 0U);
  EXPECT_EQ(match({0.5F, 0.5F, 0, 0})[0].size(), 0U);
}

TEST(AnchorMatching, SurvivesCentresFarOutside) {
  const AnchorMatches matches = match({1e30F, -1e30F, 0.25F, 0.25F});
  ASSERT_GE(matches[0].size(), 1U);
  EXPECT_EQ(matches[0][0], (AnchorMatch{0, 0, 0, 3, 0}));
}

// Tall boxes around a few sizes, two pictures a size.
std::vector<BoxSize> tall_boxes(int count = 400) {
  Rng rng({17});
  std::vector<BoxSize> boxes;
  for (int i = 0; i < count; ++i) {
    const double scale = std::exp2(rng.uniform(2, 6));
    boxes.push_back({i / 4, scale * rng.uniform(0.9, 1.1), scale * 9 * rng.uniform(0.9, 1.1)});
  }
  return boxes;
}

AutoAnchorRule quick() {
  AutoAnchorRule rule;
  rule.generations = 100;
  rule.restarts = 5;
  return rule;
}

TEST(AutoAnchor, LeavesAnchorsThatFitAlone) {
  std::vector<BoxSize> boxes;
  for (int i = 0; i < 50; ++i) boxes.push_back({i, 10.0 + i, 12.0 + i});
  const AutoAnchorResult result = auto_anchor(boxes, small_table(), kStrides, quick(), 320, 1);
  EXPECT_FALSE(result.changed);
  EXPECT_EQ(result.before.recall, 1);
  EXPECT_EQ(flat(result.anchors), flat(small_table()));
}

TEST(AutoAnchor, FindsBetterOnesInTheOrderOfTheLevels) {
  const AutoAnchorResult result = auto_anchor(tall_boxes(), small_table(), kStrides, quick(), 320, 1);
  EXPECT_TRUE(result.changed);
  EXPECT_LT(result.before.recall, 0.7);
  EXPECT_GT(result.after.recall, 0.95);
  const std::vector<double> sides = flat(result.anchors);
  for (size_t i = 2; i < sides.size(); i += 2) EXPECT_GE(sides[i] * sides[i + 1], sides[i - 2] * sides[i - 1]);
}

TEST(AutoAnchor, FollowsFromTheSeedAlone) {
  const auto run = [](uint64_t seed) {
    return flat(auto_anchor(tall_boxes(), small_table(), kStrides, quick(), 320, seed).anchors);
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(AutoAnchor, CopesWithFewBoxes) {
  AutoAnchorRule rule = quick();
  const std::vector<BoxSize> boxes = tall_boxes(2);
  rule.random_fallback = false;
  EXPECT_TRUE(anchors_for(boxes, 4, rule, 320, 1).empty());
  EXPECT_FALSE(auto_anchor(boxes, small_table(), kStrides, rule, 320, 1).changed);
  rule.random_fallback = true;
  EXPECT_EQ(anchors_for(boxes, 4, rule, 320, 1).size(), 4U);
  EXPECT_FALSE(auto_anchor({}, small_table(), kStrides, rule, 320, 1).changed);
}

TEST(AutoAnchor, CopesWithEqualBoxesAndSizesOfNothing) {
  std::vector<BoxSize> boxes(30, BoxSize{0, 5, 300});
  boxes.push_back({1, 0, 10});
  AutoAnchorRule rule = quick();
  rule.random_fallback = false;
  EXPECT_FALSE(auto_anchor(boxes, small_table(), kStrides, rule, 320, 1).changed);
}

}  // namespace
}  // namespace cairn::models
