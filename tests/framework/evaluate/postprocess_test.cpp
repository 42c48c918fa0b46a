#include "evaluate/postprocess.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cairn/error.h>

namespace cairn {
namespace {

TEST(PostprocessTensor, HandlesEveryPictureOfABatchLikeItsRows) {
  at::Tensor rows_BNC = at::arange(2 * 3 * 6, at::kFloat).reshape({2, 3, 6}) / 100;
  const auto found = postprocess(rows_BNC, Suppression::Nms, {});
  ASSERT_EQ(found.size(), 2u);
  for (int64_t image = 0; image < 2; ++image) {
    const at::Tensor rows = rows_BNC[image].contiguous();
    const Detections alone = postprocess_rows({rows.const_data_ptr<float>(), 18}, 3, 2, {});
    ASSERT_EQ(found[image].size(), alone.size());
    for (size_t i = 0; i < alone.size(); ++i) EXPECT_EQ(found[image][i].score, alone[i].score);
  }
}

TEST(PostprocessTensor, AcceptsOtherTypesAndLayouts) {
  const at::Tensor rows_BNC = at::tensor({0.0, 0.0, 8.0, 8.0, 0.5, 0.25}).reshape({1, 1, 6}).to(at::kBFloat16);
  const auto found = postprocess(rows_BNC.transpose(1, 2).contiguous().transpose(1, 2), Suppression::TopK, {});
  ASSERT_EQ(found[0].size(), 2u);
  EXPECT_EQ(found[0][1].score, 0.25f);
}

TEST(PostprocessTensor, EmptyBatchesAndRowsAreFine) {
  EXPECT_TRUE(postprocess(at::zeros({0, 3, 6}), Suppression::Nms, {}).empty());
  EXPECT_TRUE(postprocess(at::zeros({1, 0, 6}), Suppression::Nms, {})[0].empty());
}

TEST(PostprocessTensor, AWrongShapeIsRefused) {
  EXPECT_THROW(postprocess(at::zeros({3, 6}), Suppression::Nms, {}), Error);
  EXPECT_THROW(postprocess(at::zeros({1, 3, 4}), Suppression::Nms, {}), Error);
}

}  // namespace
}  // namespace cairn
