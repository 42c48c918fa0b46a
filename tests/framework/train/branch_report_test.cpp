#include "train/branch_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST(BranchReport, KeepsEverythingWhenNothingChanges) {
  const BranchReport report = branch_report({{"optimizer.lr", "0.01"}}, {{"optimizer.lr", "0.01"}});
  EXPECT_EQ(report.exact.size(), 7u);
  EXPECT_TRUE(report.changed.empty());
}

TEST(BranchReport, NamesWhatAChangeTouches) {
  const BranchReport report = branch_report(
      {{"augmentation.0.probability", "1.0"}, {"evaluate.iou", "0.7"}},
      {{"augmentation.0.probability", "0.5"}, {"evaluate.iou", "0.7"}, {"augmentation.1.type", "\"hsv\""}});
  EXPECT_THAT(
      report.changed,
      testing::ElementsAre("augmentation.0.probability: 1.0 -> 0.5; changes order and randomness of the samples",
                           "augmentation.1.type: (absent) -> \"hsv\"; changes order and randomness of the samples"));
  EXPECT_THAT(report.exact, Not(Contains(HasSubstr("randomness"))));
  EXPECT_THAT(report.exact, Contains(HasSubstr("weights")));
}

}  // namespace
}  // namespace cairn
