#include "train/run_tree.h"

#include <torch/nn/module.h>

namespace cairn {
namespace {

void copy_onto(const NamedTensors& entries, const StateReader& from) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : entries) {
    const at::Tensor saved = from.tensor(name);
    if (saved.sizes() != tensor.sizes() || saved.scalar_type() != tensor.scalar_type()) {
      fail(Code::DataLoss, name, ": the snapshot has ", saved.toString(), " ", saved.sizes(), ", the model ",
           tensor.toString(), " ", tensor.sizes());
    }
    at::Tensor(tensor).copy_(saved);
  }
}

void save_gradients(const Stages& stages, StateWriter& to) {
  for (const ParamGroup& group : stages.groups) {
    for (size_t i = 0; i < group.params.size(); ++i) {
      if (group.params[i].grad().defined()) to.tensor(group.names[i], group.params[i].grad());
    }
  }
}

// A gradient takes its parameter's memory format, as autograd would have given it.
void load_gradients(Stages& stages, const StateReader& from) {
  for (ParamGroup& group : stages.groups) {
    for (size_t i = 0; i < group.params.size(); ++i) {
      if (!from.has(group.names[i])) continue;
      at::Tensor gradient = at::empty_like(group.params[i]);
      gradient.copy_(from.tensor(group.names[i]));
      group.params[i].mutable_grad() = gradient;
    }
  }
}

template <class Function>
void each_plugin(Stages& stages, const Function& function) {
  function("optimizer", *stages.optimizer);
  function("scheduler", *stages.scheduler);
  function("plugins/model", *stages.model);
  function("plugins/dataset", *stages.train.dataset);
}

}  // namespace

void RunTree::save(StateWriter& state_part, StateWriter& record_part) const {
  ScopedWriter model(state_part, "model"), progress(state_part, "progress");
  for (const auto& [name, tensor] : named_state(stages.model->module())) model.tensor(name, tensor);
  state.save(progress);
  if (stages.ema != nullptr) {
    ScopedWriter ema(state_part, "ema");
    stages.ema->save(ema);
  }
  if (compute.precision == Precision::Fp16) {
    ScopedWriter scaler(state_part, "scaler");
    stages.scaler.save(scaler);
  }
  if (state.batches_pending > 0) {
    ScopedWriter gradients(state_part, "gradients");
    save_gradients(stages, gradients);
  }
  each_plugin(stages, [&](const std::string& part, const Plugin& plugin) {
    ScopedWriter to(state_part, part);
    to.integer("state_version", plugin.state_version());
    plugin.save(to);
  });
  record.save(record_part);
  history.save(record_part);
}

void RunTree::load(const StateReader& state_part, const StateReader& record_part) {
  copy_onto(named_state(stages.model->module()), ScopedReader(state_part, "model"));
  state.load(ScopedReader(state_part, "progress"));
  if (stages.ema != nullptr && state_part.has("ema/updates")) {
    stages.ema->load(ScopedReader(state_part, "ema"));
  } else if (stages.ema != nullptr) {
    copy_onto(stages.ema->entries(), ScopedReader(state_part, "model"));
  }
  if (compute.precision == Precision::Fp16) stages.scaler.load(ScopedReader(state_part, "scaler"));
  if (state.batches_pending > 0) load_gradients(stages, ScopedReader(state_part, "gradients"));
  each_plugin(stages, [&](const std::string& part, Plugin& plugin) {
    const ScopedReader from(state_part, part);
    if (from.integer("state_version") > plugin.state_version()) {
      fail(Code::FailedPrecondition, part, ": its state was written by a newer version of the plugin (state version ",
           from.integer("state_version"), ", this one knows ", plugin.state_version(), "); update the plugin");
    }
    plugin.load(from);
  });
  RunRecord former;
  former.load(record_part);
  record.seconds = former.seconds;
  history.load(record_part);
}

void load_weights(const StateReader& from, std::string_view part, torch::nn::Module& module) {
  copy_onto(named_state(module), ScopedReader(from, std::string(part)));
}

}  // namespace cairn
