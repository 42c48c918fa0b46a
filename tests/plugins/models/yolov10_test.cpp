#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include "plugins/models/sizes.h"
#include "support/files.h"

namespace cairn {
namespace {

const Names kNames{"model.0.conv.weight", "model.23.one2one_cv3.2.2.bias", "yolov10"};

class YoloV10Sizes : public testing::TestWithParam<Size> {};

TEST_P(YoloV10Sizes, AreThePublishedOnes) {
  expect_size("yolov10", GetParam(), kNames);
}

INSTANTIATE_TEST_SUITE_P(
    All, YoloV10Sizes,
    testing::Values(Size{"n", 2775504, 2775520, 595, 2299264}, Size{"s", 8128256, 8128272, 619, 7248960},
                    Size{"m", 16576752, 16576768, 799, 15359488}, Size{"b", 20574368, 20574384, 835, 19065792},
                    Size{"l", 25888672, 25888688, 1027, 24371008}, Size{"x", 31808944, 31808960, 1135, 29473568}),
    size_name);

std::unique_ptr<Model> make(const Table& params) {
  Registry registry;
  registry.add_folder(test::plugin_dir());
  Context context;
  context.classes = {"a", "b", "c"};
  Table all = params;
  all["variant"] = "n";
  auto model = registry.create<Model>("yolov10", all, context);
  model->module().train();
  return model;
}

LossTerms loss_at(Model& model, int64_t epoch, int64_t epochs) {
  Progress at;
  at.epoch = epoch;
  at.plan.epochs = epochs;
  const Targets batch{at::tensor({0.0F, 1.0F, 0.5F, 0.5F, 0.5F, 0.5F}).view({1, 6}), 2, 64, 64};
  model.module().eval();  // running statistics stay, so that every call sees the same network
  return model.loss(model.forward(at::full({2, 3, 64, 64}, 0.5)), batch, at);
}

double sum_of(const LossTerms& loss, const std::string& branch) {
  double sum = 0;
  for (const auto& [name, term] : loss.terms) {
    if (name.starts_with(branch)) sum += term.item<double>();
  }
  return sum;
}

TEST(YoloV10, NeedsNoSuppression) {
  EXPECT_FALSE(make({})->needs_nms());
}

TEST(YoloV10, StartsWithTwoEqualHeads) {
  const auto model = make({});
  int compared = 0;
  const auto parameters = model->module().named_parameters();
  for (const auto& item : parameters) {
    const size_t at = item.key().find(".one2one_");
    if (at == std::string::npos) continue;
    const std::string other = item.key().substr(0, at + 1) + item.key().substr(at + 9);
    EXPECT_TRUE(at::equal(item.value(), parameters[other])) << other;
    ++compared;
  }
  EXPECT_GT(compared, 60);
}

TEST(YoloV10, TrainsTheTrunkByTheOneToManyHeadAlone) {
  const auto model = make({{"weights_at_start", List{0.0, 1.0}}, {"weights_at_end", List{0.0, 1.0}}});
  loss_at(*model, 0, 10).total.backward();
  const auto parameters = model->module().named_parameters();
  EXPECT_EQ(parameters["model.22.cv1.conv.weight"].grad().abs().sum().item<double>(), 0);
  EXPECT_EQ(parameters["model.23.cv3.0.2.bias"].grad().abs().sum().item<double>(), 0);
  EXPECT_GT(parameters["model.23.one2one_cv3.0.2.bias"].grad().abs().sum().item<double>(), 0);
}

TEST(YoloV10, MovesTheWeightsOfItsHeadsOverTheEpochs) {
  const auto model = make({{"weights_at_start", List{0.8, 0.2}}, {"weights_at_end", List{0.1, 0.9}}});
  const auto expect = [&](int64_t epoch, double many, double one) {
    const LossTerms loss = loss_at(*model, epoch, 11);
    const double expected = 2 * (many * sum_of(loss, "one2many") + one * sum_of(loss, "one2one"));
    EXPECT_NEAR(loss.total.item<double>(), expected, 1e-4 * expected) << epoch;
  };
  expect(0, 0.8, 0.2);
  expect(5, 0.45, 0.55);
  expect(10, 0.1, 0.9);
  EXPECT_THROW(make({{"weights_at_start", List{1.0}}}), Error);
}

}  // namespace
}  // namespace cairn
