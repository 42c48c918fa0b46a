#include "dataset/rect.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cairn/error.h>

#include "dataset/source.h"
#include "support/golden_set.h"

namespace cairn {
namespace {

constexpr const char* kGolden = "training/letterbox.json";

cv::Size size_of(const nlohmann::json& pair) {
  return {pair.at(0).get<int>(), pair.at(1).get<int>()};
}

TEST(Golden, FirstResizeGivesTheSizesOfTheFamilies) {
  CAIRN_GOLDEN_JSON(file, kGolden);
  const auto& cases = file.at("load");
  ASSERT_FALSE(cases.empty());
  for (const auto& one : cases) {
    const cv::Size file = size_of(one.at("image"));
    const int64_t size = one.at("size");
    EXPECT_EQ(loaded_size(file, size, LoadRule::Ceil), size_of(one.at("ceil"))) << one;
    EXPECT_EQ(loaded_size(file, size, LoadRule::Truncate), size_of(one.at("truncate"))) << one;
  }
}

TEST(Golden, RectangularBatchesHaveOrderAndShapes) {
  CAIRN_GOLDEN_JSON(file, kGolden);
  const auto& cases = file.at("rect");
  ASSERT_FALSE(cases.empty());
  for (const auto& one : cases) {
    std::vector<cv::Size> images, shapes;
    for (const auto& image : one.at("images")) images.push_back(size_of(image));
    for (const auto& shape : one.at("batch_wh")) shapes.push_back(size_of(shape));
    const RectPlan plan = rect_batches(images, one.at("size"), one.at("stride"), one.at("pad"), one.at("batch"));
    EXPECT_EQ(plan.order, one.at("order").get<std::vector<int64_t>>());
    EXPECT_EQ(plan.shapes, shapes) << one;
  }
}

TEST(LoadedSize, NeverVanishes) {
  EXPECT_EQ(loaded_size({5000, 1}, 320, LoadRule::Truncate), cv::Size(320, 1));
}

}  // namespace
}  // namespace cairn
