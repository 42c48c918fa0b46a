#include "common/layer.h"

namespace cairn::models {

Chain::Chain(std::vector<std::shared_ptr<Block>> blocks) : blocks_(std::move(blocks)) {
  for (size_t i = 0; i < blocks_.size(); ++i) register_module(std::to_string(i), blocks_[i]);
}

at::Tensor Chain::forward(const at::Tensor& x) {
  at::Tensor y = x;
  for (const auto& block : blocks_) y = block->forward(y);
  return y;
}

void Branches::add(std::vector<std::shared_ptr<Block>> blocks) {
  chains_.push_back(register_module(std::to_string(chains_.size()), std::make_shared<Chain>(std::move(blocks))));
}

void merge_all(torch::nn::Module& root) {
  for (const auto& child : root.children()) merge_all(*child);
  if (auto* layer = dynamic_cast<Layer*>(&root)) layer->merge();
}

}  // namespace cairn::models
