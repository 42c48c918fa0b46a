#include "common/rep_vgg.h"

#include <ATen/ATen.h>

namespace cairn::models {

class RepVgg::Branch final : public Block {
 public:
  Branch(int64_t in, int64_t out, int64_t kernel, int64_t stride, const Style& style)
      : convolution_(add<Convolution>(style.convolution, in, out, kernel, stride, Bias::No)),
        norm_(add<BatchNorm>(style.norm, out)) {}
  at::Tensor forward(const at::Tensor& x) override { return norm_->forward(convolution_->forward(x)); }
  const Convolution& convolution() const { return *convolution_; }
  Kernel folded() const { return fold(*convolution_, *norm_); }

 private:
  std::shared_ptr<Convolution> convolution_;
  std::shared_ptr<BatchNorm> norm_;
};

RepVgg::RepVgg(int64_t in, int64_t out, int64_t stride, const Style& style) : activation_(style.activation) {
  if (in == out && stride == 1) identity_ = add<BatchNorm>("rbr_identity", in);
  dense_ = add<Branch>("rbr_dense", in, out, 3, stride, style);
  small_ = add<Branch>("rbr_1x1", in, out, 1, stride, style);
}

at::Tensor RepVgg::forward(const at::Tensor& x) {
  if (merged_) return activate(merged_->forward(x), activation_);
  at::Tensor sum = dense_->forward(x) + small_->forward(x);
  if (identity_) sum = sum + identity_->forward(x);
  return activate(std::move(sum), activation_);
}

void RepVgg::merge() {
  if (merged_) return;
  const at::NoGradGuard no_grad;
  Kernel sum = dense_->folded();
  const auto add_kernel = [&sum](const Kernel& kernel) {
    sum.weight = sum.weight + enlarge(kernel.weight, 3);
    sum.bias = sum.bias + kernel.bias;
  };
  add_kernel(small_->folded());
  if (identity_) {
    add_kernel(fold_identity(*identity_, 3, 1));
    unregister_module("rbr_identity");
  }
  merged_ = convolution_of(sum, dense_->convolution());
  unregister_module("rbr_dense");
  unregister_module("rbr_1x1");
  identity_ = nullptr;
  dense_ = small_ = nullptr;
  register_module("rbr_reparam", merged_);
}

}  // namespace cairn::models
