#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <torch/nn/module.h>
#include <cmath>

#include <cairn/dataset_statistics.h>

#include "plugins/models/sizes.h"
#include "support/files.h"

namespace cairn {
namespace {

Names names_of(const std::string& variant) {
  return {"model.0.conv.weight", variant.ends_with("6") ? "model.33.m.3.bias" : "model.24.m.2.bias", "yolov5"};
}

class YoloV5Sizes : public testing::TestWithParam<Size> {};

TEST_P(YoloV5Sizes, AreThePublishedOnes) {
  expect_size("yolov5", GetParam(), names_of(GetParam().variant));
}

INSTANTIATE_TEST_SUITE_P(
    All, YoloV5Sizes,
    testing::Values(Size{"n", 1872157, 1872157, 349, 1867405}, Size{"s", 7235389, 7235389, 349, 7225885},
                    Size{"m", 21190557, 21190557, 481, 21172173}, Size{"l", 46563709, 46563709, 613, 46533693},
                    Size{"x", 86749405, 86749405, 745, 86705005}, Size{"n6", 3246940, 3246940, 459, 3239884},
                    Size{"s6", 12626620, 12626620, 459, 12612508}, Size{"m6", 35731932, 35731932, 627, 35704908},
                    Size{"l6", 76770172, 76770172, 795, 76726332}, Size{"x6", 140794780, 140794780, 963, 140730220}),
    size_name);

std::unique_ptr<Model> make(const Table& params, int64_t classes = 2, const std::string& type = "yolov5") {
  Registry registry;
  registry.add_folder(test::plugin_dir());
  Context context;
  for (int64_t c = 0; c < classes; ++c) context.classes.push_back(std::to_string(c));
  context.image_size = 320;
  return registry.create<Model>(type, params, context);
}

Table small() {
  return {{"variant", "custom"}, {"width", 0.0625}};
}

TEST(YoloV5, LeavesAWidthAloneThatThePublishedCodeTakesForAHeads) {
  const auto width = [](int64_t classes) {
    const auto model = make({{"variant", "n6"}}, classes);
    return model->module().named_parameters()["model.7.conv.weight"].size(0);
  };
  EXPECT_EQ(width(250), 192);
  EXPECT_EQ(width(251), 768);
}

TEST(YoloV5, StartsWithThePriors) {
  const auto model = make({{"variant", "n"}}, 80), plain = make({{"variant", "n"}}, 80, "yolov5u");
  const auto bias = [&](int64_t level) {
    return model->module().named_parameters()["model.24.m." + std::to_string(level) + ".bias"].view({3, 85}).mean(0);
  };
  // The published shifts come on top of a uniform start of at most 1/8, 1/sqrt(128), 1/16.
  EXPECT_NEAR(bias(0)[4].item<double>(), -6.6846, 0.125);
  EXPECT_NEAR(bias(2)[4].item<double>(), -3.9120, 0.0625);
  EXPECT_NEAR(bias(1).slice(0, 5).mean().item<double>(), -4.8803, 0.02);
  EXPECT_NEAR(plain->module().named_parameters()["model.24.cv3.0.2.bias"][0].item<double>(), -11.5366, 1e-4);
}

TEST(YoloV5, StartsAsAfterOneBlackBatch) {
  const auto model = make(small());
  const auto buffers = model->module().named_buffers();
  EXPECT_EQ(buffers["model.0.bn.num_batches_tracked"].item<int64_t>(), 1);
  EXPECT_EQ(buffers["model.0.bn.running_var"][0].item<float>(), 0.9F);
}

TEST(YoloV5, TakesAnchorsFromThePipeline) {
  Table params = small();
  List anchors;
  for (const double side : {4, 4, 16, 16, 64, 64}) anchors.emplace_back(side);
  params["anchors"] = anchors;
  const auto model = make(params);
  const at::Tensor state = model->module().named_buffers()["model.24.anchors"], given = state.clone();
  EXPECT_EQ(given.sizes(), (std::vector<int64_t>{3, 1, 2}));
  state.fill_(1);  // as a weight file might
  static_cast<DatasetStatistics*>(model->extension(kDatasetStatisticsExtension))->take_box_sizes({});
  EXPECT_TRUE(at::equal(state, given));
  params["anchors"] = List{Value(3.0)};
  EXPECT_THROW(make(params), Error);
}

TEST(YoloV5, ChoosesAnchorsForADataSetAndKeepsThemInItsState) {
  const auto model = make(small());
  auto* statistics = static_cast<DatasetStatistics*>(model->extension(kDatasetStatisticsExtension));
  ASSERT_NE(statistics, nullptr);
  const at::Tensor anchors = model->module().named_buffers()["model.24.anchors"];
  const at::Tensor before = anchors.clone();
  std::vector<BoxSize> fitting, tall;
  for (int i = 0; i < 60; ++i) {
    fitting.push_back({i, 10.0 + i, 14.0 + i});
    tall.push_back({i, 2.0 + i % 7, 90.0 + 3 * i});
  }
  statistics->take_box_sizes(fitting);
  EXPECT_TRUE(at::equal(anchors, before));
  statistics->take_box_sizes(tall);
  EXPECT_FALSE(at::equal(anchors, before));
  EXPECT_TRUE(at::equal(model->deploy()->module().named_buffers()["model.24.anchors"], anchors));
}

TEST(YoloV5, MultipliesClassAndObjectness) {
  const auto model = make(small(), 1);
  at::Tensor map = at::zeros({1, 18, 2, 2}), decoded;
  decoded = model->decode({map, map.slice(2, 0, 1).slice(3, 0, 1), map.slice(2, 0, 1).slice(3, 0, 1)});
  EXPECT_EQ(decoded.sizes(), (std::vector<int64_t>{1, 18, 5}));
  EXPECT_NEAR(decoded[0][0][4].item<double>(), 0.25, 1e-6);
  // Anchor 10 x 13 around the middle of the first cell.
  EXPECT_NEAR(decoded[0][0][0].item<double>(), 4 - 5, 1e-5);
  EXPECT_NEAR(decoded[0][0][3].item<double>(), 4 + 6.5, 1e-5);
}

TEST(YoloV5, BalancesLevelsOnlyWhenAsked) {
  Table params = small();
  const Targets batch{at::tensor({0.0F, 1.0F, 0.5F, 0.5F, 0.5F, 0.5F}).view({1, 6}), 1, 64, 64};
  const auto second_loss = [&](bool autobalance) {
    params["autobalance"] = autobalance;
    const auto model = make(params);
    const std::vector<at::Tensor> outputs = model->forward(at::full({1, 3, 64, 64}, 0.5));
    const float first = model->loss(outputs, batch, {}).total.item<float>();
    return model->loss(outputs, batch, {}).total.item<float>() - first;
  };
  EXPECT_EQ(second_loss(false), 0);
  EXPECT_NE(second_loss(true), 0);
}

TEST(YoloV5, KeepsItsBalanceWhenALossIsNotFinite) {
  Table params = small();
  params["autobalance"] = true;
  const auto model = make(params);
  const Targets batch{at::tensor({0.0F, 1.0F, 0.5F, 0.5F, 0.5F, 0.5F}).view({1, 6}), 1, 64, 64};
  const std::vector<at::Tensor> outputs = model->forward(at::full({1, 3, 64, 64}, 0.5));
  std::vector<at::Tensor> bad;
  for (const at::Tensor& map : outputs) bad.push_back(at::full_like(map, NAN));
  EXPECT_FALSE(std::isfinite(model->loss(bad, batch, {}).total.item<float>()));
  EXPECT_TRUE(std::isfinite(model->loss(outputs, batch, {}).total.item<float>()));
}

TEST(YoloV5u, HasTheBodyOfV5AndTheHeadOfV8) {
  const auto model = make_sized("yolov5u", "n");
  int64_t trainable = 0;
  for (const at::Tensor& p : model->module().parameters()) trainable += p.requires_grad() ? p.numel() : 0;
  EXPECT_EQ(trainable, 2654800);
  EXPECT_EQ(elements_of(model->module()), 2654816);
}

}  // namespace
}  // namespace cairn
