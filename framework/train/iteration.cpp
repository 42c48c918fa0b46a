#include "train/iteration.h"

#include <cmath>

#include <torch/nn/module.h>

#include "optimizer/clip.h"
#include "optimizer/groups.h"
#include "plugin/call.h"

namespace cairn {

Iteration::Iteration(const TrainTable& table, const Compute& compute, Stages& stages, RunState& state)
    : table_(table), compute_(compute), stages_(stages), state_(state) {}

void Iteration::backward(const Batch& batch, IterationReport& report) {
  const at::Tensor images = to_input(batch.images_BCHW, compute_, table_.channels_last);
  const Targets targets{batch.rows_N6.to(compute_.device), images.size(0), images.size(2), images.size(3)};
  Model& model = *stages_.model;
  std::vector<at::Tensor> outputs;
  {
    const Autocast mixed(compute_);
    outputs = call_plugin(stages_.names.model, "forward", [&] { return model.forward(images); });
  }
  const LossTerms loss =
      call_plugin(stages_.names.model, "loss", [&] { return model.loss(outputs, targets, state_.at); });
  report.total = loss.total.item<double>();
  for (const auto& [name, value] : loss.terms) report.losses.emplace_back("loss/" + name, value.item<double>());
  report.finite = std::isfinite(report.total);
  if (report.finite) {
    const at::Tensor scaled = compute_.precision == Precision::Fp16 ? stages_.scaler.scaled(loss.total) : loss.total;
    scaled.backward();
  }
}

void Iteration::step(IterationReport& report) {
  const bool scaling = compute_.precision == Precision::Fp16;
  const GradScale scale = scaling ? stages_.scaler.unscale(stages_.groups) : GradScale{};
  const Clipped clipped = table_.clip_norm > 0 ? clip_gradients(stages_.groups, table_.clip_norm)
                                               : Clipped{gradient_norm(stages_.groups), 1};
  report.gradient_norm = clipped.norm;
  stages_.gradient_factor = clipped.factor;
  if (!scaling && !std::isfinite(report.gradient_norm)) {
    report.finite = false;
    return;
  }
  call_plugin(stages_.names.optimizer, "step",
              [&] { return stages_.optimizer->step(stages_.groups, report.rates, scale); });
  if (scaling) stages_.scaler.update(scale);
  if (stages_.ema != nullptr) stages_.ema->update();
  report.stepped = true;
}

IterationReport Iteration::run(const Batch& batch) {
  Progress& at = state_.at;
  if (at.position == 0 && table_.gradients_at_epoch_start == EpochGradients::Zero) {
    forget_gradients(stages_.groups);
    state_.batches_pending = 0;
  }
  IterationReport report;
  report.rates = call_plugin(stages_.names.scheduler, "rates",
                             [&] { return group_rates(*stages_.scheduler, at, stages_.groups); });
  for (Rates& rates : report.rates) rates.lr *= state_.rate_factor;
  stages_.model->module().train();
  if (table_.nonfinite == NonFinite::Skip) {
    if (!buffers_) buffers_.emplace(stages_.model->module());
    buffers_->keep();
  }
  backward(batch, report);
  if (report.finite) {
    ++state_.batches_pending;
    if (call_plugin(stages_.names.scheduler, "step_due", [&] { return stages_.scheduler->step_due(at); })) step(report);
  }
  if (report.stepped) {
    ++at.step;
    at.last_step_iteration = at.iteration;
  }
  if (report.stepped || !report.finite) {
    forget_gradients(stages_.groups);
    state_.batches_pending = 0;
  }
  if (!report.finite && buffers_) buffers_->put_back();
  state_.nonfinite_in_row = report.finite ? 0 : state_.nonfinite_in_row + 1;
  if (report.finite) state_.add_losses(report.losses);
  state_.advance();
  return report;
}

}  // namespace cairn
