#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <map>

#include <cairn/model.h>
#include <cairn/teacher.h>

#include "plugins/models/sizes.h"
#include "support/files.h"
#include "support/memory_state.h"

namespace cairn {
namespace {

constexpr int64_t kSide = 64;
using test::MemoryState;

std::unique_ptr<Model> make(const Table& params, int64_t classes = 3, uint64_t seed = 1) {
  static Registry registry;
  static const bool once = (registry.add_folder(test::plugin_dir()), true);
  EXPECT_TRUE(once);
  Context context;
  context.seed = seed;
  for (int64_t c = 0; c < classes; ++c) context.classes.push_back(std::to_string(c));
  auto model = registry.create<Model>("yolov6", params, context);
  model->module().train();
  return model;
}

at::Tensor images(int64_t side = kSide) {
  return at::linspace(0, 1, 2 * 3 * side * side).view({2, 3, side, side}).fmod(0.37) / 0.37;
}

Targets targets(const std::vector<float>& rows, int64_t side = kSide) {
  return {at::tensor(at::ArrayRef<float>(rows)).view({-1, 6}), 2, side, side};
}

Targets some_targets() {
  return targets({0, 1, 0.5F, 0.5F, 0.4F, 0.5F, 0, 2, 0.3F, 0.4F, 0.3F, 0.2F, 1, 0, 0.6F, 0.5F, 0.6F, 0.7F});
}

Targets crowd() {
  std::vector<float> rows;
  for (int i = 0; i < 1000; ++i) {
    const float x = 0.1F + 0.8F * static_cast<float>(i % 40) / 40, y = 0.1F + 0.8F * static_cast<float>(i / 40) / 25;
    rows.insert(rows.end(), {0, static_cast<float>(i % 3), x, y, 0.05F + 0.0001F * static_cast<float>(i), 0.1F});
  }
  return targets(rows);
}

double term(const LossTerms& loss, const std::string& name) {
  for (const auto& [found, value] : loss.terms) {
    if (found == name) return value.item<double>();
  }
  ADD_FAILURE() << "no term " << name;
  return 0;
}

Progress epoch(int64_t number, int64_t epochs = 10) {
  Progress at;
  at.epoch = number;
  at.plan.epochs = epochs;
  return at;
}

LossTerms train_once(Model& model, const Targets& batch, const Progress& at = {}) {
  LossTerms loss = model.loss(model.forward(images(batch.width)), batch, at);
  EXPECT_TRUE(at::isfinite(loss.total).item<bool>());
  loss.total.backward();
  for (const auto& item : model.module().named_parameters()) {
    if (!item.value().requires_grad()) continue;
    EXPECT_TRUE(item.value().grad().defined()) << item.key();
    if (!item.value().grad().defined()) continue;
    EXPECT_TRUE(at::isfinite(item.value().grad()).all().item<bool>()) << item.key();
  }
  return loss;
}

Names names_of(const Size& size) {
  const std::string& variant = size.variant;
  const bool lite = variant.starts_with("lite"),
             large = variant.starts_with("l") || variant.find('-') != std::string::npos;
  const std::string branch = size.more.contains("fuse_ab") ? "reg_preds_ab" : "reg_preds";
  const std::string first = lite    ? "backbone.conv_0.block.conv.weight"
                            : large ? "backbone.stem.block.conv.weight"
                                    : "backbone.stem.rbr_dense.conv.weight";
  return {first, "detect." + branch + (lite || variant.ends_with("6") ? ".3.bias" : ".2.bias"),
          large || size.more.contains("teacher_weights") ? "" : "yolov6"};
}

class YoloV6Sizes : public testing::TestWithParam<Size> {};
TEST_P(YoloV6Sizes, AreThePublishedOnes) {
  expect_size("yolov6", GetParam(), names_of(GetParam()));
}

const Table kAnchors{{"fuse_ab", true}}, kStudent{{"teacher_weights", "teacher.safetensors"}};

INSTANTIATE_TEST_SUITE_P(
    Small, YoloV6Sizes,
    testing::Values(
        Size{"n", 5058236, 5058270, 756, 4646974, 144}, Size{"n", 5115440, 5115474, 768, 4646974, 144, kAnchors},
        Size{"n", 5073672, 5073706, 762, 4646974, 144, kStudent}, Size{"n6", 11239312, 11239346, 998, 10373970, 190},
        Size{"lite-s", 557942, 557942, 820, 553702, 508}, Size{"lite-m", 791381, 791381, 820, 785645, 508},
        Size{"lite-l", 1098789, 1098789, 820, 1091469, 508}, Size{"n-base", 4666988, 4667022, 396, 4661502, 144},
        Size{"s-mbla", 11622000, 11622034, 662, 11609042, 246},

        Size{"s", 20147324, 20147358, 756, 18537310, 144}, Size{"s", 20260976, 20261010, 768, 18537310, 144, kAnchors},
        Size{"s", 20177992, 20178026, 762, 18537310, 144, kStudent}, Size{"m", 37740948, 37740982, 1200, 34855958, 242},
        Size{"m", 37911048, 37911082, 1212, 34855958, 242, kAnchors}, Size{"l", 59638697, 59638731, 915, 59607563, 347},
        Size{"l", 59865245, 59865279, 927, 59607563, 347, kAnchors}, Size{"s6", 44797392, 44797426, 998, 41394482, 190},
        Size{"m6", 85490736, 85490770, 1606, 79640114, 326}, Size{"l6", 140413516, 140413550, 1230, 140359342, 466},
        Size{"s-base", 13180730, 13180764, 750, 13166652, 282}, Size{"m-base", 28353072, 28353106, 798, 28332418, 302},
        Size{"l-base", 59638697, 59638731, 915, 59607563, 347}, Size{"m-mbla", 26078912, 26078946, 662, 26059458, 246},
        Size{"l-mbla", 46299920, 46299954, 662, 46273970, 246},
        Size{"x-mbla", 78868006, 78868040, 1080, 78829384, 400}),
    size_name);

TEST(YoloV6, StartsWithConstantOutputs) {
  const auto model = make({{"variant", "n"}});
  const auto parameters = model->module().named_parameters();
  EXPECT_NEAR(parameters["detect.cls_preds.0.bias"][0].item<double>(), -4.59512, 1e-5);
  EXPECT_EQ(parameters["detect.reg_preds.2.bias"][3].item<double>(), 1);
  EXPECT_EQ(parameters["detect.cls_preds.1.weight"].abs().max().item<double>(), 0);
  EXPECT_GT(parameters["neck.Bifusion0.upsample.upsample_transpose.bias"].abs().max().item<double>(), 0);
}

TEST(YoloV6, LeavesTheScalesOfShortcutsAlone) {
  const auto model = make({{"variant", "m"}});
  const auto parameters = model->module().named_parameters();
  const auto kind = [&](const char* name) { return model->group_of(name, parameters[name]); };
  EXPECT_EQ(kind("backbone.ERBlock_2.1.m.conv1.alpha"), GroupKind::Untrained);
  EXPECT_EQ(kind("detect.proj"), GroupKind::Untrained);
  EXPECT_EQ(kind("backbone.stem.rbr_dense.conv.weight"), GroupKind::Decay);
  EXPECT_EQ(kind("backbone.stem.rbr_dense.bn.weight"), GroupKind::NoDecay);
  EXPECT_EQ(kind("backbone.stem.rbr_dense.bn.bias"), GroupKind::Bias);
}

TEST(YoloV6, AssignsByAtssInTheFirstEpochsOnly) {
  const auto warming = make({{"variant", "n"}, {"atss_warmup_epochs", 2}}), plain = make({{"variant", "n"}});
  const auto loss = [](Model& model, int64_t number) {
    return model.loss(model.forward(images()), some_targets(), epoch(number)).total.item<double>();
  };
  EXPECT_NE(loss(*warming, 1), loss(*plain, 1));
  EXPECT_EQ(loss(*warming, 2), loss(*plain, 2));
}

// The stem's 1x1 convolution of three channels with stride 2, repeated: LibTorch's own gradient of it breaks the heap.
TEST(YoloV6, TrainsInChannelsLast) {
  const auto plain = make({{"variant", "n"}}), other = make({{"variant", "n"}});
  const at::NoGradGuard no_grad;
  for (at::Tensor& p : other->module().parameters()) {
    if (p.dim() == 4) p.set_data(p.contiguous(at::MemoryFormat::ChannelsLast));
  }
  const at::AutoGradMode with_gradients(true);
  const double expected = train_once(*plain, some_targets()).total.item<double>();
  for (int i = 0; i < 3; ++i) {
    const auto input = images().contiguous(at::MemoryFormat::ChannelsLast);
    const LossTerms loss = other->loss(other->forward(input), some_targets(), {});
    loss.total.backward();
    EXPECT_NEAR(loss.total.item<double>(), expected, 1e-3 * expected);
  }
}

TEST(YoloV6, HasNoBatchFactorInItsLoss) {
  const auto model = make({{"variant", "n"}});
  const LossTerms loss = model->loss(model->forward(images()), some_targets(), {});
  EXPECT_NEAR(loss.total.item<double>(), term(loss, "iou") + term(loss, "dfl") + term(loss, "cls"), 1e-4);
}

TEST(YoloV6, RefusesWhatDoesNotGoTogether) {
  EXPECT_THROW(make({{"variant", "n6"}, {"fuse_ab", true}}), Error);
  EXPECT_THROW(make({{"variant", "n"}, {"fuse_ab", true}, {"teacher_weights", "t"}}), Error);
}

using Named = std::vector<std::pair<std::string, at::Tensor>>;

Named weights_of(Model& model) {
  Named weights;
  for (const auto& item : model.module().named_parameters()) weights.emplace_back(item.key(), item.value().detach());
  for (const auto& item : model.module().named_buffers()) weights.emplace_back(item.key(), item.value());
  return weights;
}

Teacher* teacher_of(Model& model) {
  return static_cast<Teacher*>(model.extension(kTeacherExtension));
}

// With anchors, as teachers are trained; they are ignored. Its outputs vary, unlike those of fresh weights.
Named taught() {
  const auto model = make({{"variant", "n"}, {"fuse_ab", true}, {"boxes", "distribution"}}, 3, 9);
  const at::NoGradGuard no_grad;
  for (at::Tensor& p : model->module().parameters()) {
    if (p.requires_grad()) p.add_(at::linspace(-0.02, 0.03, p.numel()).view(p.sizes()));
  }
  return weights_of(*model);
}

TEST(YoloV6Student, LearnsFromATeacherThatNeverChanges) {
  const auto student = make({{"variant", "n"}, {"teacher_weights", "t.safetensors"}, {"distill_feature", 10.0}});
  EXPECT_THROW(student->forward(images()), Error);  // not handed over yet
  Teacher* teacher = teacher_of(*student);
  ASSERT_NE(teacher, nullptr);
  EXPECT_EQ(teacher->teacher_file(), "t.safetensors");
  teacher->take_teacher(taught());
  MemoryState before, after;
  student->save(before);
  EXPECT_GT(term(train_once(*student, some_targets(), epoch(0)), "teacher"), 0);
  EXPECT_GT(term(train_once(*student, crowd(), epoch(0)), "teacher"), 0);
  EXPECT_EQ(term(train_once(*student, targets({}), epoch(0)), "iou"), 0);
  student->save(after);
  for (const auto& [name, tensor] : taught()) {
    if (name.find("_ab.") != std::string::npos || !tensor.is_floating_point()) continue;
    EXPECT_TRUE(at::equal(before.tensor("teacher/" + name), after.tensor("teacher/" + name))) << name;
    EXPECT_TRUE(at::equal(before.tensor("teacher/" + name), tensor)) << name;
  }
  EXPECT_EQ(student->module().named_parameters().find("teacher"), nullptr);
}

TEST(YoloV6Student, ResumesWithTheTeacherOfItsState) {
  const Table params{{"variant", "n"}, {"teacher_weights", "t.safetensors"}};
  const auto student = make(params), resumed = make(params);
  teacher_of(*student)->take_teacher(taught());
  MemoryState state;
  student->save(state);
  resumed->load(state);
  const auto loss = [](Model& model) {
    return model.loss(model.forward(images()), some_targets(), epoch(3)).total.item<float>();
  };
  EXPECT_EQ(loss(*student), loss(*resumed));
}

TEST(YoloV6Student, ListensLessTowardsTheEnd) {
  const auto student = make({{"variant", "n"}, {"teacher_weights", "t"}});
  teacher_of(*student)->take_teacher(taught());
  const auto lesson = [&](int64_t number) {
    return term(student->loss(student->forward(images()), some_targets(), epoch(number)), "teacher");
  };
  const double first = lesson(0);
  EXPECT_NEAR(lesson(5), first * 0.505, 1e-4 * first);
  EXPECT_NEAR(lesson(10), first * 0.01, 1e-4 * first);
}

TEST(YoloV6Student, RefusesATeacherOfAnotherKind) {
  const auto student = make({{"variant", "n"}, {"teacher_weights", "t"}});
  Named few = taught();
  few.resize(10);
  EXPECT_THROW(teacher_of(*student)->take_teacher(few), Error);
  EXPECT_THROW(teacher_of(*student)->take_teacher(weights_of(*make({{"variant", "n"}}))), Error);  // plain boxes
  EXPECT_EQ(teacher_of(*make({{"variant", "n"}})), nullptr);
}

TEST(YoloV6Student, OfAVariantWithDistributionsHasNoBranchOfItsOwn) {
  const auto student = make({{"variant", "n"}, {"boxes", "distribution"}, {"teacher_weights", "t"}});
  teacher_of(*student)->take_teacher(taught());
  const LossTerms loss = train_once(*student, some_targets(), epoch(0));
  EXPECT_GT(term(loss, "dfl"), 0);
  EXPECT_EQ(student->module().named_parameters().find("detect.reg_preds_dist.0.weight"), nullptr);
}

}  // namespace
}  // namespace cairn
