// What a detector is made of. Axes in names: B batch, C channels, H height, W width, N rows, A anchors (cells of all
// levels).
#pragma once
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <torch/nn/module.h>

namespace cairn::models {

using Tensors = std::vector<at::Tensor>;

// A module that reads the outputs of others, in the order of its row's `from`. Its registered children carry the
// published names. [train thread]
class Layer : public torch::nn::Module {
 public:
  // Usually one tensor comes from each row and one goes out; a head or a splitting layer yields several.
  virtual Tensors run(std::span<const Tensors> inputs) = 0;
  // Replaces what only training needs by what inference needs, with the same outputs in evaluation mode. Called once,
  // after the layers inside have done so.
  virtual void merge() {}

 protected:
  template <class Child, class... Args>
  std::shared_ptr<Child> add(std::string name, Args&&... args) {
    return register_module(std::move(name), std::make_shared<Child>(std::forward<Args>(args)...));
  }
};

// One tensor in, one out.
class Block : public Layer {
 public:
  virtual at::Tensor forward(const at::Tensor& x) = 0;
  Tensors run(std::span<const Tensors> inputs) final { return {forward(inputs[0][0])}; }
};

// Blocks in sequence, named "0", "1", ...
class Chain final : public Block {
 public:
  explicit Chain(std::vector<std::shared_ptr<Block>> blocks);
  at::Tensor forward(const at::Tensor& x) override;
  size_t size() const { return blocks_.size(); }
  Block& operator[](size_t i) { return *blocks_[i]; }
  Block& back() { return *blocks_.back(); }

 private:
  std::vector<std::shared_ptr<Block>> blocks_;
};

// Chains beside each other, one per level, named "0", "1", ...; a container only.
class Branches final : public torch::nn::Module {
 public:
  void add(std::vector<std::shared_ptr<Block>> blocks);
  size_t size() const { return chains_.size(); }
  Chain& operator[](size_t level) { return *chains_[level]; }

 private:
  std::vector<std::shared_ptr<Chain>> chains_;
};

// Calls merge() on every layer below and on `root`, children first.
void merge_all(torch::nn::Module& root);

}  // namespace cairn::models
