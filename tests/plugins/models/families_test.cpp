// What every family must do, on small pictures. Figures of a family alone are in its own test.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <cairn/model.h>

#include "plugin/registry.h"
#include "support/files.h"

namespace cairn {
namespace {

constexpr int64_t kSide = 64;

struct Family {
  std::string type;
  Table params;
  friend void PrintTo(const Family& family, std::ostream* out) { *out << family.type; }
};

Registry& registry() {
  static Registry loaded;
  static const bool once = (loaded.add_folder(test::plugin_dir()), true);
  EXPECT_TRUE(once);
  return loaded;
}

std::unique_ptr<Model> make(const Family& family, int64_t classes = 3, uint64_t seed = 1) {
  Context context;
  context.seed = seed;
  for (int64_t c = 0; c < classes; ++c) context.classes.push_back(std::to_string(c));
  auto model = registry().create<Model>(family.type, family.params, context);
  model->module().train();
  return model;
}

at::Tensor images() {
  return at::linspace(0, 1, 2 * 3 * kSide * kSide).view({2, 3, kSide, kSide}).fmod(0.37) / 0.37;
}

Targets targets(const std::vector<float>& rows) {
  return {at::tensor(at::ArrayRef<float>(rows)).view({-1, 6}), 2, kSide, kSide};
}

Targets some_targets() {
  return targets({0, 1, 0.5F, 0.5F, 0.4F, 0.5F, 0, 2, 0.3F, 0.4F, 0.3F, 0.2F, 1, 0, 0.6F, 0.5F, 0.6F, 0.7F});
}

// 1000 objects on the first picture, none on the second.
Targets crowd(int64_t classes) {
  std::vector<float> rows;
  for (int i = 0; i < 1000; ++i) {
    const float x = 0.1F + 0.8F * static_cast<float>(i % 40) / 40, y = 0.1F + 0.8F * static_cast<float>(i / 40) / 25;
    rows.insert(rows.end(), {0, static_cast<float>(i % classes), x, y, 0.05F + 0.0004F * static_cast<float>(i),
                             0.1F + 0.0003F * static_cast<float>(i)});
  }
  return targets(rows);
}

// Every parameter that trains has a finite gradient after it.
LossTerms train_once(Model& model, const Targets& batch) {
  LossTerms loss = model.loss(model.forward(images()), batch, {});
  loss.total.backward();
  for (const auto& item : model.module().named_parameters()) {
    if (!item.value().requires_grad()) continue;
    EXPECT_TRUE(item.value().grad().defined()) << item.key();
    if (!item.value().grad().defined()) continue;
    EXPECT_TRUE(at::isfinite(item.value().grad()).all().item<bool>()) << item.key();
  }
  EXPECT_TRUE(at::isfinite(loss.total).item<bool>());
  return loss;
}

// What the boxes of objects cost; YOLOv6 names it after the overlap.
double objects_part(const LossTerms& loss) {
  double sum = 0;
  for (const auto& [name, term] : loss.terms) {
    if (name.ends_with("box") || name == "iou") sum += term.item<double>();
  }
  return sum;
}

// The published deployed form of the lite variants keeps the batch norms of its depthwise pairs.
bool folds_all(const Family& family) {
  const auto variant = family.params.find("variant");
  return variant == family.params.end() || variant->second != Value("lite-s");
}

// Away from where a family starts, since some start with constant outputs.
void move_weights(Model& model) {
  const at::NoGradGuard no_grad;
  for (at::Tensor& p : model.module().parameters()) {
    if (p.requires_grad()) p.add_(at::linspace(-0.02, 0.02, p.numel()).view(p.sizes()));
  }
}

class Families : public testing::TestWithParam<Family> {};

TEST_P(Families, LearnFromABatchWithObjects) {
  EXPECT_GT(objects_part(train_once(*make(GetParam()), some_targets())), 0);
}

TEST_P(Families, LearnFromABatchWithoutObjects) {
  EXPECT_EQ(objects_part(train_once(*make(GetParam()), targets({}))), 0);
}

TEST_P(Families, LearnFromAThousandObjectsBesideAnEmptyPicture) {
  EXPECT_GT(objects_part(train_once(*make(GetParam()), crowd(3))), 0);
}

TEST_P(Families, LearnASingleClassAndABoxOfThePicturesSize) {
  const Targets batch = targets({0, 0, 0.5F, 0.5F, 1, 1, 1, 0, 0.5F, 0.5F, 1, 1});
  EXPECT_GT(objects_part(train_once(*make(GetParam(), 1), batch)), 0);
}

TEST_P(Families, GiveTheSameBitsTwice) {
  const auto run = [] {
    const auto model = make(GetParam());
    const LossTerms loss = train_once(*model, crowd(3));
    return std::pair(loss.total.item<float>(), model->module().parameters()[0].grad().clone());
  };
  const auto first = run(), second = run();
  EXPECT_EQ(first.first, second.first);
  EXPECT_TRUE(at::equal(first.second, second.second));
}

TEST_P(Families, DeployToTheSameOutputsAndStayUntouched) {
  const auto model = make(GetParam());
  move_weights(*model);
  const at::NoGradGuard no_grad;
  model->forward(images());  // running statistics of their own
  model->module().eval();
  const at::Tensor before = model->decode(model->forward(images()));
  const auto deployed = model->deploy();
  const at::Tensor after = deployed->decode(deployed->forward(images()));
  EXPECT_LE((after - before).abs().max().item<double>(), 1e-4 * before.abs().max().item<double>());
  EXPECT_TRUE(at::equal(model->decode(model->forward(images())), before));
  for (const auto& item : deployed->module().named_buffers()) {
    if (folds_all(GetParam())) {
      EXPECT_EQ(item.key().find("running"), std::string::npos) << item.key();
    }
  }
  for (const at::Tensor& parameter : deployed->module().parameters()) EXPECT_FALSE(parameter.requires_grad());
}

TEST_P(Families, RefuseWhatTheyDoNotHave) {
  const auto model = make(GetParam());
  const std::vector<at::Tensor> outputs = model->forward(images());
  EXPECT_THROW(model->loss(outputs, targets({0, 3, 0.5F, 0.5F, 0.1F, 0.1F}), {}), Error);
  EXPECT_THROW(make(GetParam(), 0), Error);
  EXPECT_THROW(make({GetParam().type, {{"variant", "q"}}}), Error);
}

INSTANTIATE_TEST_SUITE_P(
    Small, Families,
    testing::Values(Family{"yolov5", {{"variant", "n"}}}, Family{"yolov5", {{"variant", "custom6"}, {"width", 0.0625}}},
                    Family{"yolov5u", {{"variant", "custom"}, {"width", 0.125}}}, Family{"yolov6", {{"variant", "n"}}},
                    Family{"yolov6", {{"variant", "n"}, {"fuse_ab", true}}},
                    Family{"yolov6", {{"variant", "n"}, {"boxes", "distribution"}}},
                    Family{"yolov6", {{"variant", "n"}, {"atss_warmup_epochs", 4}}},
                    Family{"yolov6", {{"variant", "n6"}}}, Family{"yolov6", {{"variant", "lite-s"}}},
                    Family{"yolov7", {{"variant", "tiny"}, {"width", 0.25}}},
                    Family{"yolov7", {{"variant", "v7"}, {"width", 0.0625}}},
                    Family{"yolov7", {{"variant", "e6e"}, {"width", 0.0625}}},
                    Family{"yolov8", {{"variant", "custom"}, {"width", 0.125}}},
                    Family{"yolov8", {{"variant", "custom-p2"}, {"width", 0.0625}}},
                    Family{"yolov9", {{"variant", "t"}}}, Family{"yolov9", {{"variant", "gelan-t"}}},
                    Family{"yolov10", {{"variant", "n"}}}));

}  // namespace
}  // namespace cairn
