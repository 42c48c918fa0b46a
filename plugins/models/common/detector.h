// What all detectors of this folder have in common: one root module, built in the constructor.
#pragma once
#include <functional>
#include <string>

#include <cairn/model.h>

#include "common/inspection.h"
#include "common/layer.h"

namespace cairn::models {

using Renaming = std::function<std::string(const std::string& name)>;

class Detector : public Model, public Inspection {
 public:
  torch::nn::Module& module() override { return *root_; }
  // Frozen: Untrained. A name with "bias" in it: Bias. Other vectors: NoDecay. The rest: Decay.
  GroupKind group_of(std::string_view name, const at::Tensor& parameter) const override;
  void* extension(std::string_view id) override;
  void set_batch_norm_momentum(double momentum) override;

 protected:
  // Context::classes must not be empty.
  explicit Detector(const Context& context);
  int64_t classes() const { return static_cast<int64_t>(context_.classes.size()); }
  const Context& context() const { return context_; }
  void set_root(std::shared_ptr<torch::nn::Module> root) { root_ = std::move(root); }
  // Makes `made`, a fresh one of the same kind, the inference form of this: weights copied, merged, nothing to train.
  void make_deployed(Detector& made) const;
  // Evaluation mode, merged, nothing to train.
  void become_deployed();

 private:
  Context context_;
  std::shared_ptr<torch::nn::Module> root_;
};

// Trainable and all elements of the parameters, and entries of the state (parameters and buffers).
int64_t trainable_elements(const torch::nn::Module& module);
int64_t parameter_elements(const torch::nn::Module& module);
int64_t state_entry_count(const torch::nn::Module& module);
// Parameters and buffers by name; `to` takes over device and type. Both have the same names and shapes.
void copy_state(const torch::nn::Module& from, torch::nn::Module& to);
// Every entry of `to` from the entry of `from` that `source_of` names for it. Fails with Internal when there is none.
void copy_state(const torch::nn::Module& from, torch::nn::Module& to, const Renaming& source_of);

// [B, A, 4 + classes] in corners -> [B, 4 + classes, A] in centre form, the layout of YOLOv8 and later.
at::Tensor published_layout(const at::Tensor& decoded);

}  // namespace cairn::models
