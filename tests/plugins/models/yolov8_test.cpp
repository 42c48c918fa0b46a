#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <cairn/model.h>

#include "plugins/models/sizes.h"
#include "support/files.h"

namespace cairn {
namespace {

constexpr int64_t kSide = 64;

std::unique_ptr<Model> make(const Table& params, int64_t classes = 3, uint64_t seed = 1) {
  Registry registry;
  registry.add_folder(test::plugin_dir());
  Context context;
  context.seed = seed;
  for (int64_t c = 0; c < classes; ++c) context.classes.push_back(std::to_string(c));
  return registry.create<Model>("yolov8", params, context);
}

Table tiny(const std::string& form = "") {
  return {{"variant", "custom" + form}, {"depth", 0.33}, {"width", 0.0625}, {"max_channels", 512}};
}

at::Tensor images(int64_t batch = 2) {
  return at::linspace(0, 1, batch * 3 * kSide * kSide).view({batch, 3, kSide, kSide}).fmod(0.37) / 0.37;
}

Targets targets(std::vector<float> rows, int64_t batch = 2) {
  return {at::tensor(at::ArrayRef<float>(rows)).view({-1, 6}), batch, kSide, kSide};
}

Targets some_targets() {
  return targets({0, 1, 0.5F, 0.5F, 0.4F, 0.5F, 0, 2, 0.3F, 0.4F, 0.3F, 0.2F, 1, 0, 0.6F, 0.5F, 0.6F, 0.7F});
}

int64_t elements(Model& model) {
  int64_t count = 0;
  for (const at::Tensor& p : model.module().parameters()) count += p.numel();
  return count;
}

bool same_parameters(Model& a, Model& b) {
  const auto first = a.module().parameters(), second = b.module().parameters();
  for (size_t i = 0; i < first.size(); ++i) {
    if (!at::equal(first[i], second[i])) return false;
  }
  return first.size() == second.size();
}

const Names kNames{"model.0.conv.weight", "model.22.dfl.conv.weight", "yolov8"};

class YoloV8Sizes : public testing::TestWithParam<Size> {};

TEST_P(YoloV8Sizes, AreThePublishedOnes) {
  expect_size("yolov8", GetParam(), kNames);
}

INSTANTIATE_TEST_SUITE_P(All, YoloV8Sizes,
                         testing::Values(Size{"n", 3157184, 3157200, 355, 3151904},
                                         Size{"s", 11166544, 11166560, 355, 11156544},
                                         Size{"m", 25902624, 25902640, 475, 25886080},
                                         Size{"l", 43691504, 43691520, 595, 43668288},
                                         Size{"x", 68229632, 68229648, 595, 68200608}),
                         size_name);

TEST(YoloV8, HasThePublishedSizeInItsOtherForm) {
  EXPECT_EQ(elements(*make({{"variant", "n-p6"}}, 80)->deploy()), 4976656);
}

TEST(YoloV8, HasFourLevelsInItsOtherForms) {
  for (const auto& [form, stride] : {std::pair<std::string, int64_t>{"-p2", 32}, {"-p6", 64}}) {
    const auto model = make(tiny(form));
    EXPECT_EQ(model->max_stride(), stride);
    model->module().eval();
    const at::NoGradGuard no_grad;
    const at::Tensor decoded = model->decode(model->forward(images()));
    const int64_t first = form == "-p2" ? 16 : 8;
    EXPECT_EQ(decoded.size(1), first * first * (64 + 16 + 4 + 1) / 64) << form;
  }
}

TEST(YoloV8, StartsFromTheSeedAloneAndLeavesGlobalNumbersAlone) {
  at::manual_seed(5);
  const at::Tensor expected = at::rand({4});
  at::manual_seed(5);
  const auto a = make(tiny(), 3, 7);
  EXPECT_TRUE(at::equal(at::rand({4}), expected));
  EXPECT_TRUE(same_parameters(*a, *make(tiny(), 3, 7)));
  EXPECT_FALSE(same_parameters(*a, *make(tiny(), 3, 8)));
}

TEST(YoloV8, StartsWithTheClassPrior) {
  const auto model = make(tiny(), 80);
  const auto parameters = model->module().named_parameters();
  EXPECT_NEAR(parameters["model.22.cv3.0.2.bias"][0].item<double>(), -11.5366, 1e-4);
  EXPECT_NEAR(parameters["model.22.cv3.2.2.bias"][0].item<double>(), -8.7641, 1e-4);
  EXPECT_EQ(parameters["model.22.cv2.1.2.bias"][63].item<double>(), 1);
}

TEST(YoloV8, GroupsParametersByWhatTheyAre) {
  const auto model = make(tiny());
  const auto parameters = model->module().named_parameters();
  const auto kind = [&](const char* name) { return model->group_of(name, parameters[name]); };
  EXPECT_EQ(kind("model.0.conv.weight"), GroupKind::Decay);
  EXPECT_EQ(kind("model.0.bn.weight"), GroupKind::NoDecay);
  EXPECT_EQ(kind("model.0.bn.bias"), GroupKind::Bias);
  EXPECT_EQ(kind("model.22.cv3.0.2.bias"), GroupKind::Bias);
  EXPECT_EQ(kind("model.22.dfl.conv.weight"), GroupKind::Untrained);
}

TEST(YoloV8, TheTotalIsTheSumOfTheTermsTimesTheBatch) {
  const auto model = make(tiny());
  const LossTerms loss = model->loss(model->forward(images()), some_targets(), {});
  double sum = 0;
  for (const auto& [name, term] : loss.terms) sum += term.item<double>();
  EXPECT_NEAR(loss.total.item<double>(), 2 * sum, 1e-4 * sum);
}

TEST(YoloV8, AgreesInChannelsLast) {
  const auto plain = make(tiny()), other = make(tiny());
  const at::Tensor input = images();
  const double a = plain->loss(plain->forward(input), some_targets(), {}).total.item<double>();
  const at::Tensor last = input.contiguous(at::MemoryFormat::ChannelsLast);
  const double b = other->loss(other->forward(last), some_targets(), {}).total.item<double>();
  EXPECT_NEAR(a, b, 1e-4 * a);
}

TEST(YoloV8, TrainsUnderAutocast) {
  const auto model = make(tiny());
  at::autocast::set_autocast_enabled(at::kCPU, true);
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  const std::vector<at::Tensor> outputs = model->forward(images());
  at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(at::kCPU, false);
  EXPECT_EQ(outputs[0].scalar_type(), at::kBFloat16);
  const LossTerms loss = model->loss(outputs, some_targets(), {});
  EXPECT_EQ(loss.total.scalar_type(), at::kFloat);
  loss.total.backward();
  EXPECT_TRUE(at::isfinite(model->module().parameters()[0].grad()).all().item<bool>());
}

TEST(YoloV8, KeepsNoStatisticsInItsDeployedForm) {
  const auto model = make(tiny()), deployed = model->deploy();
  EXPECT_LT(deployed->module().parameters().size(), model->module().parameters().size());
  EXPECT_TRUE(deployed->module().named_buffers().is_empty());
}

}  // namespace
}  // namespace cairn
