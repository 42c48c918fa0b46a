#include "train/batches.h"

#include <gtest/gtest.h>

namespace cairn::test {
namespace {

// Two flat pictures whose short sides become equal when they are cut to whole pixels.
class FlatPictures final : public Dataset {
 public:
  int64_t size() const override { return 2; }
  ClassNames classes() const override { return {"toy"}; }
  Record at(int64_t index) const override {
    Record record;
    record.width = 2000;
    record.height = index == 0 ? 952 : 951;
    return record;
  }
  std::string fingerprint() const override { return "flat"; }
  const std::vector<Problem>& problems() const override { return problems_; }

 private:
  std::vector<Problem> problems_;
};

TEST(RectangularBatches, FollowTheProportionsOfTheFiles) {
  const FlatPictures pictures;
  SourceOptions options;
  options.rule = LoadRule::Truncate;
  const Source source(pictures, options);
  ASSERT_EQ(source.loaded_size(0), source.loaded_size(1));
  DatasetTable dataset;
  dataset.batch_size = 1;
  const RectPlan plan = val_plan({}, dataset, source, 32);
  EXPECT_EQ(plan.order, (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(plan.shapes, (std::vector<cv::Size>{{672, 352}, {672, 352}}));
}

}  // namespace
}  // namespace cairn::test
