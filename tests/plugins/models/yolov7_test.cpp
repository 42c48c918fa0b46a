#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <set>

#include <cairn/dataset_statistics.h>

#include "plugins/models/sizes.h"
#include "support/files.h"

namespace cairn {
namespace {

// Row 0 of the large ones only rearranges the picture.
Names names_of(const std::string& variant) {
  const std::map<std::string, std::string> last = {{"tiny", "77.im.2"}, {"v7", "105.im.2"}, {"x", "121.im.2"},
                                                   {"w6", "122.im.3"},  {"e6", "144.im.3"}, {"d6", "166.im.3"},
                                                   {"e6e", "265.im.3"}};
  const bool large = last.at(variant).ends_with("3");
  return {large ? "model.1.conv.weight" : "model.0.conv.weight", "model." + last.at(variant) + ".implicit", "yolov7"};
}

class YoloV7Sizes : public testing::TestWithParam<Size> {};

TEST_P(YoloV7Sizes, AreThePublishedOnes) {
  expect_size("yolov7", GetParam(), names_of(GetParam().variant));
}

INSTANTIATE_TEST_SUITE_P(
    All, YoloV7Sizes,
    testing::Values(Size{"tiny", 6228762, 6228762, 344, 6219709}, Size{"v7", 37622682, 37622682, 566, 36905341},
                    Size{"x", 71347394, 71347394, 644, 71311741}, Size{"w6", 82312436, 82312436, 668, 70394300},
                    Size{"e6", 111898292, 111898292, 896, 97202940}, Size{"d6", 154709364, 154709364, 1028, 133757052},
                    Size{"e6e", 166408884, 166408884, 1490, 151687420}),
    size_name);

std::unique_ptr<Model> make(const Table& params, int64_t classes = 3) {
  Registry registry;
  registry.add_folder(test::plugin_dir());
  Context context;
  for (int64_t c = 0; c < classes; ++c) context.classes.push_back(std::to_string(c));
  return registry.create<Model>("yolov7", params, context);
}

Table small(const std::string& variant = "tiny") {
  return {{"variant", variant}, {"width", 0.0625}};
}

TEST(YoloV7, DeploysUnderThePublishedNames) {
  const auto deployed = make(small("w6"))->deploy();
  std::set<std::string> head;
  for (const auto& item : deployed->module().named_parameters()) {
    if (item.key().starts_with("model.118.")) head.insert(item.key().substr(10));
    EXPECT_FALSE(item.key().starts_with("model.119.")) << item.key();
  }
  EXPECT_EQ(head, (std::set<std::string>{"m.0.weight", "m.0.bias", "m.1.weight", "m.1.bias", "m.2.weight", "m.2.bias",
                                         "m.3.weight", "m.3.bias"}));
}

TEST(YoloV7, DoesNotDecayImplicitVectors) {
  const auto model = make(small());
  const auto parameters = model->module().named_parameters();
  const auto kind = [&](const char* name) { return model->group_of(name, parameters[name]); };
  EXPECT_EQ(kind("model.77.ia.0.implicit"), GroupKind::NoDecay);
  EXPECT_EQ(kind("model.77.im.2.implicit"), GroupKind::NoDecay);
  EXPECT_EQ(kind("model.77.m.0.weight"), GroupKind::Decay);
  EXPECT_EQ(kind("model.77.m.0.bias"), GroupKind::Bias);
}

TEST(YoloV7, StartsImplicitVectorsNearZeroAndOne) {
  const auto parameters = make({{"variant", "tiny"}})->module().named_parameters();
  EXPECT_NEAR(parameters["model.77.ia.2.implicit"].mean().item<double>(), 0, 0.005);
  EXPECT_NEAR(parameters["model.77.ia.2.implicit"].std().item<double>(), 0.02, 0.005);
  EXPECT_NEAR(parameters["model.77.im.0.implicit"].mean().item<double>(), 1, 0.02);
}

TEST(YoloV7, ScoresALoneClassByObjectness) {
  const std::vector<at::Tensor> maps{at::zeros({1, 18, 2, 2}), at::zeros({1, 18, 1, 1}), at::zeros({1, 18, 1, 1})};
  EXPECT_NEAR(make(small(), 1)->decode(maps)[0][0][4].item<double>(), 0.5, 1e-6);
}

TEST(YoloV7, WeighsTheAuxiliaryHeads) {
  Table params = small("w6");
  params["auxiliary_gain"] = 0.0;
  const auto model = make(params);
  model->module().train();
  const Targets batch{at::tensor({0.0F, 1.0F, 0.5F, 0.5F, 0.5F, 0.5F}).view({1, 6}), 2, 128, 128};
  model->loss(model->forward(at::linspace(0, 1, 2 * 3 * 128 * 128).view({2, 3, 128, 128})), batch, {}).total.backward();
  const auto parameters = model->module().named_parameters();
  EXPECT_EQ(parameters["model.122.m2.0.bias"].grad().abs().sum().item<double>(), 0);
  EXPECT_GT(parameters["model.122.m.0.bias"].grad().abs().sum().item<double>(), 0);
}

TEST(YoloV7, LearnsFromAllCandidatesWithoutOta) {
  Table params = small();
  params["loss_ota"] = false;
  const auto plain = make(params), ota = make(small());
  const Targets batch{at::tensor({0.0F, 1.0F, 0.45F, 0.55F, 0.5F, 0.5F}).view({1, 6}), 1, 64, 64};
  const std::vector<at::Tensor> outputs = plain->forward(at::full({1, 3, 64, 64}, 0.5));
  EXPECT_NE(plain->loss(outputs, batch, {}).total.item<float>(), ota->loss(outputs, batch, {}).total.item<float>());
}

TEST(YoloV7, StaysFiniteWhenPredictionsAreCertain) {
  const auto model = make(small());
  std::vector<at::Tensor> maps{at::full({1, 24, 8, 8}, 60.0), at::full({1, 24, 4, 4}, -200.0),
                               at::full({1, 24, 2, 2}, 60.0)};
  for (at::Tensor& map : maps) map.requires_grad_();
  const Targets batch{
      at::tensor({0.0F, 1.0F, 0.45F, 0.55F, 0.5F, 0.5F, 0.0F, 0.0F, 0.3F, 0.3F, 0.2F, 0.2F}).view({2, 6}), 1, 64, 64};
  EXPECT_TRUE(at::isfinite(model->loss(maps, batch, {}).total).item<bool>());
}

TEST(YoloV7, KeepsBothFormsOfItsAnchorsTogether) {
  const auto model = make(small());
  auto* statistics = static_cast<DatasetStatistics*>(model->extension(kDatasetStatisticsExtension));
  ASSERT_NE(statistics, nullptr);
  std::vector<BoxSize> tall;
  for (int i = 0; i < 60; ++i) tall.push_back({i, 2.0 + i % 7, 90.0 + 3 * i});
  const auto buffers = model->module().named_buffers();
  const at::Tensor anchors = buffers["model.77.anchors"], before = anchors.clone();
  statistics->take_box_sizes(tall);
  EXPECT_FALSE(at::equal(anchors, before));
  const at::Tensor strides = at::tensor({8.0F, 16.0F, 32.0F}).view({3, 1, 1});
  EXPECT_TRUE(at::allclose(buffers["model.77.anchor_grid"].view({3, 3, 2}), anchors * strides));
}

TEST(YoloV7, KeepsAnchorsThatFitJustEnough) {
  const auto model = make(small());
  auto* statistics = static_cast<DatasetStatistics*>(model->extension(kDatasetStatisticsExtension));
  ASSERT_NE(statistics, nullptr);
  std::vector<BoxSize> boxes{{0, 3000, 3000}};  // one of fifty that no anchor fits: a recall of 0.98
  for (int i = 1; i < 50; ++i) boxes.push_back({i, 15.0 + 5 * i, 17.0 + 5 * i});
  const at::Tensor anchors = model->module().named_buffers()["model.77.anchors"], before = anchors.clone();
  statistics->take_box_sizes(boxes);
  EXPECT_TRUE(at::equal(anchors, before));
  boxes.push_back({50, 3000, 3000});
  statistics->take_box_sizes(boxes);
  EXPECT_FALSE(at::equal(anchors, before));
}

}  // namespace
}  // namespace cairn
