#include "common/detector.h"

#include <ATen/ATen.h>

#include "common/convolution.h"
#include "common/iou.h"

namespace cairn::models {

Detector::Detector(const Context& context) : context_(context) {
  if (context.classes.empty()) {
    fail(Code::InvalidArgument, "a detector needs at least one class; the data set names none");
  }
}

GroupKind Detector::group_of(std::string_view name, const at::Tensor& parameter) const {
  if (!parameter.requires_grad()) return GroupKind::Untrained;
  if (name.find("bias") != std::string_view::npos) return GroupKind::Bias;
  return parameter.dim() > 1 ? GroupKind::Decay : GroupKind::NoDecay;
}

void* Detector::extension(std::string_view id) {
  return id == kInspection ? static_cast<void*>(static_cast<Inspection*>(this)) : nullptr;
}

void Detector::set_batch_norm_momentum(double momentum) {
  for (const auto& module : root_->modules()) {
    if (auto* norm = dynamic_cast<BatchNorm*>(module.get())) norm->momentum = momentum;
  }
}

void Detector::make_deployed(Detector& made) const {
  copy_state(*root_, *made.root_);
  made.become_deployed();
}

void Detector::become_deployed() {
  root_->eval();
  merge_all(*root_);
  for (at::Tensor& parameter : root_->parameters()) parameter.set_requires_grad(false);
}

int64_t trainable_elements(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) count += parameter.requires_grad() ? parameter.numel() : 0;
  return count;
}

int64_t parameter_elements(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

int64_t state_entry_count(const torch::nn::Module& module) {
  return static_cast<int64_t>(module.parameters().size() + module.buffers().size());
}

void copy_state(const torch::nn::Module& from, torch::nn::Module& to) {
  copy_state(from, to, [](const std::string& name) { return name; });
}

namespace {
void copy_entries(const torch::OrderedDict<std::string, at::Tensor>& from,
                  torch::OrderedDict<std::string, at::Tensor> to, const Renaming& source_of) {
  for (auto& item : to) {
    const std::string source = source_of(item.key());
    const at::Tensor* found = from.find(source);
    if (found == nullptr)
      fail(Code::Internal, "no state entry ", source, " from which ", item.key(), " could be copied");
    item.value().set_data(found->detach().clone());
  }
}
}  // namespace

void copy_state(const torch::nn::Module& from, torch::nn::Module& to, const Renaming& source_of) {
  const at::NoGradGuard no_grad;
  copy_entries(from.named_parameters(), to.named_parameters(), source_of);
  copy_entries(from.named_buffers(), to.named_buffers(), source_of);
}

at::Tensor published_layout(const at::Tensor& decoded) {
  return at::cat({centre_from_corners(decoded.slice(-1, 0, 4)), decoded.slice(-1, 4)}, -1).transpose(1, 2).contiguous();
}

}  // namespace cairn::models
