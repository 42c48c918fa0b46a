// The network's buffers as they were before an iteration: what forward changed is undone when the loss was not finite.
#pragma once
#include <vector>

#include <ATen/core/Tensor.h>

namespace torch::nn {
class Module;
}

namespace cairn {

// [train thread] Shares the module's memory, which must stay.
class KeptBuffers {
 public:
  explicit KeptBuffers(const torch::nn::Module& module);
  void keep();
  void put_back() const;

 private:
  std::vector<at::Tensor> buffers_, kept_;
};

}  // namespace cairn
