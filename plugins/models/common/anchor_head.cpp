#include "common/anchor_head.h"

#include <cmath>

#include <ATen/ATen.h>

namespace cairn::models {

LevelConvolutions::LevelConvolutions(const std::vector<int64_t>& widths, int64_t out) {
  for (const int64_t width : widths) {
    convolutions_.push_back(
        register_module(std::to_string(convolutions_.size()), std::make_shared<Convolution>(width, out)));
  }
}

void add_anchor_prior(LevelConvolutions& outputs, const std::vector<double>& strides, int64_t anchors, int64_t classes,
                      double slack) {
  const at::NoGradGuard no_grad;
  for (size_t level = 0; level < outputs.size(); ++level) {
    const at::Tensor bias = outputs[level].bias.view({anchors, 5 + classes});
    bias.select(1, 4).add_(std::log(8 / std::pow(640 / strides[level], 2)));
    bias.slice(1, 5).add_(std::log(0.6 / (static_cast<double>(classes) - slack)));
  }
}

void mark_one_batch_of_zeros(torch::nn::Module& root) {
  const at::NoGradGuard no_grad;
  for (const auto& module : root.modules()) {
    auto* norm = dynamic_cast<BatchNorm*>(module.get());
    if (norm == nullptr) continue;
    norm->running_var.fill_(0.9);
    norm->num_batches_tracked.fill_(1);
  }
}

}  // namespace cairn::models
