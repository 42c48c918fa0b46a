#include "common/iou.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace cairn::models {
namespace {

at::Tensor box(double x1, double y1, double x2, double y2) {
  return at::tensor({x1, y1, x2, y2}, at::kDouble).view({1, 4});
}

double value(const at::Tensor& a, const at::Tensor& b, Overlap overlap) {
  return iou(a, b, {overlap, 1e-10, false, false}).item<double>();
}

// Two squares of side 2, one moved by (1, 1): intersection 1, union 7, enclosing 3 x 3, distance^2 2.
TEST(Iou, AgreesWithNumbersByHand) {
  const at::Tensor a = box(0, 0, 2, 2), b = box(1, 1, 3, 3);
  EXPECT_NEAR(value(a, b, Overlap::Iou), 1.0 / 7, 1e-9);
  EXPECT_NEAR(value(a, b, Overlap::Giou), 1.0 / 7 - 2.0 / 9, 1e-9);
  EXPECT_NEAR(value(a, b, Overlap::Diou), 1.0 / 7 - 2.0 / 18, 1e-9);
  EXPECT_NEAR(value(a, b, Overlap::Ciou), 1.0 / 7 - 2.0 / 18, 1e-9);
}

TEST(Iou, CiouWeighsTheAspect) {
  const at::Tensor a = box(-2, -1, 2, 1), b = box(-1, -2, 1, 2);  // same centre, 4:2 against 2:4
  const double plain = 4.0 / 12;
  const double v = 4 / (std::numbers::pi * std::numbers::pi) * std::pow(std::atan(0.5) - std::atan(2.0), 2);
  EXPECT_NEAR(value(a, b, Overlap::Ciou), plain - v * v / (v - plain + 1), 1e-8);
}

TEST(Iou, IsOneForEqualBoxes) {
  const at::Tensor a = box(3, 4, 9, 7);
  for (const Overlap overlap : {Overlap::Iou, Overlap::Giou, Overlap::Diou, Overlap::Ciou, Overlap::Siou}) {
    EXPECT_NEAR(value(a, a, overlap), 1, 1e-6);
  }
}

TEST(Iou, OfPlainNumbersAgreesWithTensors) {
  const IouRule rule{Overlap::Ciou, 1e-7, true, true};
  for (double shift = 0; shift < 6; shift += 0.37) {
    const double tensors = iou(box(0, 0, 4, 2), box(shift, 1, shift + 2, 5), rule).item<double>();
    EXPECT_NEAR(iou(Corners{0, 0, 4, 2}, Corners{shift, 1, shift + 2, 5}, rule), tensors, 1e-12);
  }
}

TEST(Iou, GradientsAgreeWithDifferences) {
  const at::Tensor b = box(1, 1.5, 4, 3);
  for (const Overlap overlap : {Overlap::Iou, Overlap::Giou, Overlap::Diou, Overlap::Siou}) {
    const IouRule rule{overlap, 1e-10, true, false};
    at::Tensor a = box(0.3, 0.2, 3.1, 2.4).set_requires_grad(true);
    iou(a, b, rule).sum().backward();
    for (int64_t i = 0; i < 4; ++i) {
      const at::Tensor step = at::zeros({1, 4}, at::kDouble);
      step[0][i] = 1e-6;
      const at::Tensor low = a.detach() - step, high = a.detach() + step;
      const double slope = (iou(high, b, rule) - iou(low, b, rule)).item<double>() / 2e-6;
      EXPECT_NEAR(a.grad()[0][i].item<double>(), slope, 1e-5) << static_cast<int>(overlap) << " side " << i;
    }
  }
}

TEST(PairwiseIou, HasOneRowForEachFirstBox) {
  const at::Tensor a = at::cat({box(0, 0, 2, 2), box(5, 5, 6, 6)}), b = box(1, 1, 3, 3);
  const at::Tensor found = pairwise_iou(a, b);
  ASSERT_EQ(found.sizes(), (std::vector<int64_t>{2, 1}));
  EXPECT_NEAR(found[0][0].item<double>(), 1.0 / 7, 1e-12);
  EXPECT_EQ(found[1][0].item<double>(), 0);
}

TEST(Corners, ComeBackFromCentres) {
  const at::Tensor a = box(1, 2, 5, 10);
  EXPECT_TRUE(at::allclose(corners_from_centre(centre_from_corners(a)), a));
}

}  // namespace
}  // namespace cairn::models
