#include "bench/bare_network.h"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/module.h>

#include "optimizer/clip.h"
#include "optimizer/groups.h"
#include "train/iteration.h"

namespace cairn::bench {

BareNetwork::BareNetwork(Rig& rig, const at::Tensor& images_BCHW)
    : rig_(rig),
      model_(make_model(rig.context(), rig.stages().train.dataset->classes(), rig.stages().plan)),
      optimizer_(rig.registry().create<Optimizer>("sgd", {}, {})),
      images_(to_input(images_BCHW, rig.compute(), rig.pipeline().train.channels_last).clone()) {
  constexpr GroupKind kOrder[] = {GroupKind::Decay, GroupKind::NoDecay, GroupKind::Bias};
  groups_ = make_groups(*model_, kOrder);
  Rates rates = optimizer_->base_rates();
  rates.lr = 1e-4;  // the weights stay what they are, nearly
  rates_.assign(groups_.size(), rates);
  model_->module().train();
  for (const at::Tensor& output : forward()) gradients_.push_back(at::full_like(output, 1e-4));
}

std::vector<at::Tensor> BareNetwork::forward() {
  const Autocast mixed(rig_.compute());
  return model_->forward(images_);
}

void BareNetwork::iterate() {
  torch::autograd::backward(forward(), gradients_);
  optimizer_->step(groups_, rates_, {});
  forget_gradients(groups_);
}

}  // namespace cairn::bench
