#include "common/atss.h"

#include <gtest/gtest.h>

#include "common/varifocal.h"

namespace cairn::models {
namespace {

// Every anchor predicts the same box.
class OneBox final : public SparsePredictions {
 public:
  explicit OneBox(Corners box) : box_(box) {}
  std::vector<Corners> boxes(const std::vector<int64_t>& rows) const override { return {rows.size(), box_}; }
  std::vector<double> scores(const std::vector<int64_t>& rows, const std::vector<int64_t>&) const override {
    return std::vector<double>(rows.size(), 0.5);
  }

 private:
  Corners box_;
};

Grid grid(int64_t side) {
  const auto level = [side](int64_t stride) { return at::zeros({1, 1, side / stride, side / stride}); };
  return {{level(8), level(16), level(32)}, {8, 16, 32}};
}

Objects objects(const std::vector<float>& rows, double side) {
  const Targets targets{at::tensor(at::ArrayRef<float>(rows)).view({-1, 6}), 1, int64_t(side), int64_t(side)};
  return {targets, side, side, 3, Arithmetic::Float64};
}

TEST(Atss, TakesCellsInsideThatOverlapMoreThanUsual) {
  const Grid cells = grid(128);
  // 40 x 40 around (60, 60): as large as the square of stride 8.
  const Objects one = objects({0, 1, 60.0F / 128, 60.0F / 128, 40.0F / 128, 40.0F / 128}, 128);
  const Assignment found = assign_atss({}, cells, one, OneBox({40, 40, 80, 80}));
  ASSERT_FALSE(found.positives.empty());
  for (const Positive& p : found.positives) {
    EXPECT_EQ(&cells.level_of(p.anchor), &cells.levels()[0]);
    EXPECT_NEAR(p.score, 1, 1e-9);
  }
  EXPECT_NEAR(found.score_sum, static_cast<double>(found.positives.size()), 1e-6);
}

TEST(Atss, WorksOnLevelsOfFewerCellsThanItWants) {
  const Objects one = objects({0, 1, 0.5F, 0.5F, 0.9F, 0.9F}, 32);
  const Grid cells = grid(32);  // 16, 4 and 1 cells
  EXPECT_FALSE(assign_atss({}, cells, one, OneBox({0, 0, 32, 32})).positives.empty());
}

TEST(Atss, GivesAContestedCellToTheLargestOverlap) {
  const Objects two = objects({0, 1, 0.5F, 0.5F, 0.3F, 0.3F, 0, 2, 0.5F, 0.5F, 0.32F, 0.32F}, 128);
  const Assignment found = assign_atss({}, grid(128), two, OneBox({44, 44, 84, 84}));
  for (size_t i = 1; i < found.positives.size(); ++i) {
    EXPECT_LT(found.positives[i - 1].anchor, found.positives[i].anchor);
  }
}

TEST(Atss, FindsNothingWithoutObjects) {
  const Assignment found = assign_atss({}, grid(64), objects({}, 64), OneBox({0, 0, 1, 1}));
  EXPECT_TRUE(found.positives.empty());
  EXPECT_EQ(found.score_sum, 0);
}

// By the formula, entry by entry, with ordinary gradients.
at::Tensor written_out(const at::Tensor& logits, const at::Tensor& assigned, const at::Tensor& target) {
  const at::Tensor p = at::sigmoid(logits);
  const at::Tensor entropy = -(target * at::log(p) + (1 - target) * at::log(1 - p));
  return (entropy * at::where(assigned, target, 0.75 * p * p)).sum();
}

TEST(Varifocal, HasTheValueAndTheGradientOfItsFormula) {
  const at::Tensor logits = at::linspace(-6, 5, 2 * 3 * 4 * 5, at::kDouble).view({2, 3, 4, 5}).requires_grad_();
  at::Tensor assigned = at::zeros({2, 3, 4, 5}, at::kBool), target = at::zeros({2, 3, 4, 5}, at::kDouble);
  const std::vector<int64_t> flat{3, 50, 77, 119};
  const at::Tensor where = at::tensor(at::ArrayRef<int64_t>(flat)),
                   scores = at::tensor({0.2, 0.9, 0.0, 1.0}, at::kDouble);
  assigned.view({-1}).index_fill_(0, where, 1);
  target.view({-1}).index_copy_(0, where, scores);
  const at::Tensor loss = varifocal_loss({logits}, logits.view({-1}).index_select(0, where), scores);
  loss.backward();
  const at::Tensor gradient = logits.grad().clone();
  logits.mutable_grad() = at::Tensor();
  const at::Tensor expected = written_out(logits, assigned, target);
  expected.backward();
  EXPECT_NEAR(loss.item<double>(), expected.item<double>(), 1e-9);
  EXPECT_LT((gradient - logits.grad()).abs().max().item<double>(), 1e-10);
}

}  // namespace
}  // namespace cairn::models
