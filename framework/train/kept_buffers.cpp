#include "train/kept_buffers.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/clone.h>

#include "model/state_entries.h"

namespace cairn {

KeptBuffers::KeptBuffers(const torch::nn::Module& module) {
  for (const StateEntry& entry : state_entries(module)) {
    if (entry.parameter) continue;
    buffers_.push_back(entry.tensor.detach());
    kept_.push_back(buffers_.back().clone());
  }
}

void KeptBuffers::keep() {
  const at::NoGradGuard no_grad;
  if (!buffers_.empty()) at::_foreach_copy_(kept_, buffers_);
}

void KeptBuffers::put_back() const {
  const at::NoGradGuard no_grad;
  if (!buffers_.empty()) at::_foreach_copy_(buffers_, kept_);
}

}  // namespace cairn
