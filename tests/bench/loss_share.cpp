// The loss with its assignment, forward and backward, as a share of a whole iteration.
#include <ATen/Functions.h>

#include "bench/figure.h"
#include "bench/rig.h"
#include "bench/stopwatch.h"
#include "train/iteration.h"

namespace cairn::bench {
namespace {

constexpr int64_t kObjects = 20;  // per picture
constexpr int kTimed = 4;

// Boxes of all sizes all over the picture, always the same.
at::Tensor object_rows(int64_t classes) {
  Rng rng({hash_text("objects")});
  at::Tensor rows = at::empty({kBatch * kObjects, 6}, at::kFloat);
  auto* row = rows.data_ptr<float>();
  for (int64_t i = 0; i < kBatch * kObjects; ++i, row += 6) {
    const double width = rng.uniform(0.03, 0.4), height = rng.uniform(0.03, 0.4);
    const double values[] = {static_cast<double>(i / kObjects),
                             static_cast<double>(rng.below(classes)),
                             rng.uniform(width / 2, 1 - width / 2),
                             rng.uniform(height / 2, 1 - height / 2),
                             width,
                             height};
    std::copy(std::begin(values), std::end(values), row);
  }
  return rows;
}

Batch make_batch(int64_t classes) {
  Batch batch;
  batch.images_BCHW = at::randint(0, 256, {kBatch, 3, kSide, kSide}, at::kByte);
  batch.rows_N6 = object_rows(classes);
  return batch;
}

// The network's outputs as leaves, so that a loss can be run forward and backward without the network.
std::vector<at::Tensor> leaves(const Rig& rig, Model& model, const Batch& batch) {
  const Autocast mixed(rig.compute());
  std::vector<at::Tensor> outputs = model.forward(to_input(batch.images_BCHW, rig.compute(), true));
  for (at::Tensor& output : outputs) output = output.detach().requires_grad_();
  return outputs;
}

Json measure(const std::string& precision, const Smallest& smallest) {
  RigOptions options;
  options.precision = precision;
  options.model = smallest.model;
  Rig rig(options);
  RunState state;
  state.at.plan = rig.stages().plan;
  Iteration iteration(rig.pipeline().train, rig.compute(), rig.stages(), state);
  const Batch batch = make_batch(rig.stages().plan.classes);
  Model& model = *rig.stages().model;
  const Targets targets{batch.rows_N6, kBatch, kSide, kSide};
  const auto step = [&] {
    if (state.epoch_done()) state.begin_epoch();
    iteration.run(batch);
  };
  for (int i = 0; i < 4; ++i) step();
  std::vector<double> shares, core_shares, loss_ms, iteration_ms;
  for (int round = 0; round < rounds(); ++round) {
    const Stopwatch whole;
    for (int i = 0; i < kTimed; ++i) step();
    const Spent all = whole.spent();
    const std::vector<at::Tensor> outputs = leaves(rig, model, batch);
    const auto loss = [&] { model.loss(outputs, targets, state.at).total.backward(); };
    loss();
    const Stopwatch part;
    for (int i = 0; i < kTimed; ++i) loss();
    const Spent of_loss = part.spent();
    shares.push_back(of_loss.wall / all.wall);
    core_shares.push_back(of_loss.cpu / all.cpu);
    loss_ms.push_back(of_loss.wall / kTimed * 1e3);
    iteration_ms.push_back(all.wall / kTimed * 1e3);
  }
  Json json = result(median(shares), smallest.loss_share, Better::Lower);
  json["core_share"] = median(core_shares);
  json["loss_ms"] = median(loss_ms);
  json["iteration_ms"] = median(iteration_ms);
  return json;
}

}  // namespace

void add_loss_figures(std::vector<Figure>& figures) {
  figures.push_back({"loss_share_fp32", "loss and assignment over the iteration, 20 objects per picture",
                     [] { return measure("fp32", kSmallest[3]); }});
  figures.push_back({"loss_share_bf16", "the same with bf16 autocast", [] { return measure("bf16", kSmallest[3]); }});
  for (const Smallest& smallest : kSmallest) {
    figures.push_back({cat("family_loss_", smallest.name), "loss and assignment over the iteration, fp32",
                       [&smallest] { return measure("fp32", smallest); }});
  }
}

}  // namespace cairn::bench
