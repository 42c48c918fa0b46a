#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include "plugins/models/sizes.h"
#include "support/files.h"

namespace cairn {
namespace {

// The rows of the first convolution and of the head. Row 0 of m, c and e only hands the picture on.
Names names_of(const std::string& variant) {
  const std::map<std::string, std::pair<std::string, std::string>> rows = {
      {"t", {"0", "29.dfl2"}}, {"s", {"0", "29.dfl2"}}, {"m", {"1", "38.dfl2"}},
      {"c", {"1", "38.dfl2"}}, {"e", {"1", "49.dfl2"}}, {"gelan-e", {"1", "42.dfl"}}};
  const auto found = rows.find(variant);
  const auto [first, head] = found == rows.end() ? std::pair<std::string, std::string>("0", "22.dfl") : found->second;
  return {"model." + first + ".conv.weight", "model." + head + ".conv.weight", "yolov9"};
}

class YoloV9Sizes : public testing::TestWithParam<Size> {};

TEST_P(YoloV9Sizes, AreThePublishedOnes) {
  expect_size("yolov9", GetParam(), names_of(GetParam().variant));
}

INSTANTIATE_TEST_SUITE_P(All, YoloV9Sizes,
                         testing::Values(Size{"t", 3717648, 3717680, 1772, 2407632, 371},
                                         Size{"s", 9804480, 9804512, 1772, 7105888, 371},
                                         Size{"m", 32878400, 32878432, 1412, 19978672, 279},
                                         Size{"c", 51182048, 51182080, 1460, 25288768, 289},
                                         Size{"e", 69529632, 69529664, 2172, 57345920, 523},
                                         Size{"gelan-t", 2442624, 2442640, 1339, 2407632, 371},
                                         Size{"gelan-s", 7226192, 7226208, 1339, 7105888, 371},
                                         Size{"gelan-m", 20123984, 20124000, 907, 19978672, 279},
                                         Size{"gelan-c", 25498736, 25498752, 937, 25288768, 289},
                                         Size{"gelan-e", 58114416, 58114432, 1811, 57345920, 523}),
                         size_name);

// The published code raises 180 to 184, except where it takes it for the width of an anchor-based head.
TEST(YoloV9, RoundsWidthsAsThePublishedCodeDoes) {
  const auto width = [](int64_t classes) {
    const auto model = make_sized("yolov9", "gelan-m", classes);
    return model->module().named_parameters()["model.16.cv1.conv.weight"].size(0);
  };
  EXPECT_EQ(width(80), 184);
  EXPECT_EQ(width(55), 180);
}

TEST(YoloV9, StartsBothHeadsWithTheClassPrior) {
  const auto model = make_sized("yolov9", "t");
  const auto parameters = model->module().named_parameters();
  for (const char* head : {"cv3", "cv5"}) {
    const std::string prefix = std::string("model.29.") + head;
    EXPECT_NEAR(parameters[prefix + ".0.2.bias"][0].item<double>(), -11.537, 1e-3);
    EXPECT_NEAR(parameters[prefix + ".1.2.bias"][0].item<double>(), -10.150, 1e-3);
    EXPECT_NEAR(parameters[prefix + ".2.2.bias"][0].item<double>(), -8.764, 1e-3);
  }
  for (const char* head : {"cv2", "cv4"}) {
    EXPECT_EQ(parameters[std::string("model.29.") + head + ".1.2.bias"][63].item<double>(), 1);
  }
}

// An auxiliary branch without weight trains nothing of its own.
TEST(YoloV9, WeighsTheAuxiliaryBranch) {
  Registry registry;
  registry.add_folder(test::plugin_dir());
  Context context;
  context.classes = {"a", "b"};
  const auto model = registry.create<Model>("yolov9", {{"variant", "t"}, {"auxiliary_gain", 0.0}}, context);
  model->module().train();
  const Targets batch{at::tensor({0.0F, 1.0F, 0.5F, 0.5F, 0.5F, 0.5F}).view({1, 6}), 2, 64, 64};
  model->loss(model->forward(at::full({2, 3, 64, 64}, 0.5)), batch, {}).total.backward();
  const auto parameters = model->module().named_parameters();
  EXPECT_EQ(parameters["model.29.cv3.0.2.bias"].grad().abs().sum().item<double>(), 0);
  EXPECT_GT(parameters["model.29.cv5.0.2.bias"].grad().abs().sum().item<double>(), 0);
}

}  // namespace
}  // namespace cairn
