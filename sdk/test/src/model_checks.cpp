// Checks of the kind model.
#include <cmath>
#include <set>

#include <torch/nn/module.h>

#include <cairn/memory_state.h>
#include <cairn/model.h>

#include "check.h"
#include "sgd_steps.h"

namespace cairn::conformance {
namespace {

constexpr int64_t kBatch = 2;

int64_t small_side(const Model& model) {
  return 2 * model.max_stride();
}

at::Tensor predict(Model& model, const at::Tensor& images_BCHW) {
  const at::NoGradGuard no_grad;
  model.module().eval();
  return model.decode(model.forward(images_BCHW));
}

void expect_predictions(const at::Tensor& found, int64_t classes) {
  expect(found.defined() && found.dim() == 3 && found.size(0) == kBatch && found.size(2) == 4 + classes,
         "decode(): expected [", kBatch, ", N, ", 4 + classes, "], found ", found.sizes());
  expect(found.isfinite().all().item<bool>(), "decode() gives numbers that are not finite");
  const at::Tensor scores = found.slice(2, 4);
  expect(scores.numel() == 0 || (scores.min().item<double>() >= 0 && scores.max().item<double>() <= 1),
         "decode() gives scores outside [0, 1]");
}

void check_shapes(const Specimen& s) {
  const auto model = s.make<Model>();
  const int64_t classes = s.context().plan.classes;
  for (const int64_t side : {small_side(*model), 3 * model->max_stride()})
    expect_predictions(predict(*model, made_up_images(kBatch, side, 1)), classes);
  const at::Tensor wide = made_up_images(kBatch, small_side(*model), 2).repeat({1, 1, 1, 2});
  expect_predictions(predict(*model, wide), classes);
}

void check_gradients(const Specimen& s) {
  const auto model = s.make<Model>();
  const int64_t side = small_side(*model);
  model->module().train();
  const auto outputs = model->forward(made_up_images(kBatch, side, 3));
  Progress at;
  at.plan = s.context().plan;
  const LossTerms loss = model->loss(outputs, made_up_targets(kBatch, side, at.plan.classes, 3), at);
  expect(loss.total.defined() && loss.total.dim() == 0 && loss.total.scalar_type() == at::kFloat,
         "loss(): total is to be a float32 scalar");
  expect(std::isfinite(loss.total.item<double>()), "loss() is not finite on ordinary targets");
  for (const auto& [name, term] : loss.terms) {
    expect(term.dim() == 0 && !term.requires_grad(), "loss(): term '", name, "' is to be a detached scalar");
  }
  loss.total.backward();
  for (const auto& entry : model->module().named_parameters()) {
    if (model->group_of(entry.key(), entry.value()) == GroupKind::Untrained) continue;
    const at::Tensor& gradient = entry.value().grad();
    expect(gradient.defined(), "'", entry.key(), "' is in a group, but gets no gradient");
    expect(gradient.isfinite().all().item<bool>(), "the gradient of '", entry.key(), "' is not finite");
  }
}

void check_empty_targets(const Specimen& s) {
  const auto model = s.make<Model>();
  const int64_t side = small_side(*model);
  model->module().train();
  Progress at;
  at.plan = s.context().plan;
  const LossTerms loss = model->loss(model->forward(made_up_images(kBatch, side, 4)), no_targets(kBatch, side), at);
  expect(std::isfinite(loss.total.item<double>()), "loss() is not finite for pictures without objects");
  loss.total.backward();
}

void check_names(const Specimen& s) {
  const auto one = s.make<Model>(), two = s.make<Model>();
  const auto first = weights_of(*one), second = weights_of(*two);
  expect(!first.empty(), "module() has no parameters");
  std::set<std::string> names;
  for (const auto& [name, value] : first) expect(names.insert(name).second, "two entries are called '", name, "'");
  for (size_t i = 0; i < first.size(); ++i)
    expect(i < second.size() && first[i].first == second[i].first, "names differ between two models: '", first[i].first,
           "'");
}

void check_seed(const Specimen& s) {
  const auto one = s.make<Model>(), two = s.make<Model>();
  expect_equal_weights(*one, *two, "two models of one seed");
  Context context = s.context();
  context.seed = 2;
  const auto other = s.make<Model>(context);
  bool differs = false;
  const auto first = weights_of(*one), third = weights_of(*other);
  for (size_t i = 0; i < first.size() && !differs; ++i) differs = !at::equal(first[i].second, third[i].second);
  expect(differs, "another Context::seed gives the same weights");
}

void check_resume(const Specimen& s) {
  constexpr int64_t kCut = 2, kEnd = 4;
  const Context context = s.context();
  const auto straight = s.make<Model>();
  const int64_t side = small_side(*straight);
  const auto resumed = s.make<Model>();
  for (int64_t i = 0; i < kCut; ++i) sgd_step(*straight, context, side, i);
  MemoryState state;
  straight->save(state);
  copy_weights(*straight, *resumed);
  resumed->load(state);
  for (int64_t i = kCut; i < kEnd; ++i) {
    const double a = sgd_step(*straight, context, side, i), b = sgd_step(*resumed, context, side, i);
    expect(a == b, "iteration ", i, ": the loss is ", a, " in a straight run and ", b,
           " after save and load: state is missing in save()");
  }
  expect_equal_weights(*straight, *resumed, "after save and load");
}

void check_deterministic(const Specimen& s) {
  const auto model = s.make<Model>();
  const at::Tensor images = made_up_images(kBatch, small_side(*model), 5);
  expect(at::equal(predict(*model, images), predict(*model, images)), "two forwards of one picture differ");
}

void check_deploy(const Specimen& s) {
  const auto model = s.make<Model>();
  for (int64_t i = 0; i < 2; ++i) sgd_step(*model, s.context(), small_side(*model), i);
  const auto before = s.make<Model>();
  copy_weights(*model, *before);
  const auto deployed = model->deploy();
  if (deployed == nullptr) throw Skip("has no inference form");
  expect_equal_weights(*model, *before, "deploy() changed the model");
  const at::Tensor images = made_up_images(kBatch, small_side(*model), 6);
  const at::Tensor own = predict(*model, images), merged = predict(*deployed, images);
  expect(own.sizes() == merged.sizes(), "deploy(): shapes ", own.sizes(), " and ", merged.sizes());
  const double difference = ((own - merged).abs() / own.abs().clamp_min(1)).max().item<double>();
  expect(difference <= 1e-4, "deploy() differs by ", difference, ", expected at most 1e-4");
}

}  // namespace

Checks model_checks() {
  return {{"shapes", "predicts [B, N, 4 + classes] at several sizes, finite, scores in [0, 1]", check_shapes},
          {"gradients", "gives every parameter of a group a finite gradient", check_gradients},
          {"empty", "has a finite loss for pictures without objects", check_empty_targets},
          {"names", "names its parameters and buffers uniquely, and the same each time", check_names},
          {"seed", "fills its weights from the seed alone", check_seed},
          {"resume", "a run that was saved and continued equals a straight one", check_resume},
          {"deterministic", "predicts the same twice", check_deterministic},
          {"deploy", "its inference form equals it within 1e-4 and leaves it alone", check_deploy}};
}

}  // namespace cairn::conformance
