#include "sgd_steps.h"

#include <torch/nn/module.h>

#include <cairn/random.h>

namespace cairn::conformance {

at::Tensor made_up_images(int64_t batch, int64_t side, uint64_t number) {
  Rng rng({number, 1});
  at::Tensor images = at::empty({batch, 3, side, side}, at::kFloat);
  auto* values = images.data_ptr<float>();
  for (int64_t i = 0; i < images.numel(); ++i) values[i] = static_cast<float>(rng.uniform());
  return images;
}

Targets made_up_targets(int64_t batch, int64_t side, int64_t classes, uint64_t number) {
  Rng rng({number, 2});
  std::vector<float> rows;
  for (int64_t image = 0; image < batch; ++image) {
    for (int64_t object = 0; object < 3; ++object) {
      const double w = rng.uniform(0.2, 0.5), h = rng.uniform(0.2, 0.5);
      const double cx = rng.uniform(w / 2, 1 - w / 2), cy = rng.uniform(h / 2, 1 - h / 2);
      for (const double value : {static_cast<double>(image), static_cast<double>(rng.below(classes)), cx, cy, w, h})
        rows.push_back(static_cast<float>(value));
    }
  }
  return {at::tensor(rows).view({batch * 3, 6}), batch, side, side};
}

Targets no_targets(int64_t batch, int64_t side) {
  return {at::empty({0, 6}, at::kFloat), batch, side, side};
}

double sgd_step(Model& model, const Context& context, int64_t side, int64_t i) {
  const uint64_t number = static_cast<uint64_t>(i);
  Progress at;
  at.plan = context.plan;
  at.iteration = at.step = i;
  at.epoch = i / context.plan.iterations_per_epoch;
  at.position = i % context.plan.iterations_per_epoch;
  torch::nn::Module& module = model.module();
  module.train();
  const LossTerms loss = model.loss(model.forward(made_up_images(2, side, number)),
                                    made_up_targets(2, side, context.plan.classes, number), at);
  loss.total.backward();
  const at::NoGradGuard no_grad;
  for (at::Tensor& parameter : module.parameters()) {
    if (!parameter.grad().defined()) continue;
    parameter.sub_(parameter.grad(), 1e-4);
    parameter.mutable_grad().reset();
  }
  return loss.total.item<double>();
}

std::vector<std::pair<std::string, at::Tensor>> weights_of(Model& model) {
  std::vector<std::pair<std::string, at::Tensor>> all;
  for (const auto& entry : model.module().named_parameters()) all.emplace_back(entry.key(), entry.value());
  for (const auto& entry : model.module().named_buffers()) all.emplace_back(entry.key(), entry.value());
  return all;
}

void copy_weights(Model& from, Model& to) {
  const at::NoGradGuard no_grad;
  const auto source = weights_of(from), target = weights_of(to);
  expect(source.size() == target.size(), "two models of the same parameters have ", source.size(), " and ",
         target.size(), " entries");
  for (size_t i = 0; i < source.size(); ++i) target[i].second.copy_(source[i].second);
}

void expect_equal_weights(Model& a, Model& b, const std::string& when) {
  const auto first = weights_of(a), second = weights_of(b);
  expect(first.size() == second.size(), when, ": the number of entries differs");
  for (size_t i = 0; i < first.size(); ++i) {
    expect(first[i].first == second[i].first, when, ": entry ", i, " is '", first[i].first, "' and '", second[i].first,
           "'");
    expect(at::equal(first[i].second, second[i].second), when, ": '", first[i].first, "' differs");
  }
}

}  // namespace cairn::conformance
