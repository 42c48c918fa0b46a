// Convolutions and batch normalisation: the leaves that hold nearly all parameters. Nothing here draws random numbers:
// initialise() (initialise.h) fills a finished network.
#pragma once
#include "common/layer.h"

namespace cairn::models {

// All families use these two, in every layer.
inline constexpr double kBatchNormEpsilon = 1e-3;
inline constexpr double kBatchNormMomentum = 0.03;

enum class Activation { None, SiLU, ReLU, LeakyReLU, HardSwish };  // LeakyReLU: slope 0.1
at::Tensor activate(at::Tensor x, Activation activation);          // may work in place when no gradient is recorded

inline constexpr int64_t kSamePadding = -1;  // kernel / 2, rounded down
enum class Bias { No, Yes };

// A plain convolution. State: weight [out, in / groups, k, k], bias.
class Convolution final : public Block {
 public:
  Convolution(int64_t in, int64_t out, int64_t kernel = 1, int64_t stride = 1, Bias bias = Bias::Yes,
              int64_t groups = 1, int64_t padding = kSamePadding);
  at::Tensor forward(const at::Tensor& x) override;

  int64_t stride() const { return stride_; }
  int64_t groups() const { return groups_; }
  int64_t padding() const { return padding_; }
  at::Tensor weight, bias;  // bias undefined when there is none

 private:
  int64_t stride_, groups_, padding_;
};

// State: weight, bias, running_mean, running_var, num_batches_tracked. A fresh one holds 1, 0, 0, 1, 0.
class BatchNorm final : public Block {
 public:
  explicit BatchNorm(int64_t channels);
  at::Tensor forward(const at::Tensor& x) override;

  at::Tensor weight, bias, running_mean, running_var, num_batches_tracked;
  double momentum = kBatchNormMomentum;
};

// Convolution without bias, batch normalisation, activation. Children conv, bn; merged: conv with a bias.
class Conv final : public Block {
 public:
  Conv(int64_t in, int64_t out, int64_t kernel = 1, int64_t stride = 1, Activation activation = Activation::SiLU,
       int64_t groups = 1, int64_t padding = kSamePadding);
  at::Tensor forward(const at::Tensor& x) override;
  void merge() override;
  Convolution& convolution() { return *conv_; }

 private:
  std::shared_ptr<Convolution> conv_;
  std::shared_ptr<BatchNorm> bn_;  // null once merged
  Activation activation_;
};

// Kernel and bias that do what the convolution followed by the batch normalisation does in evaluation mode.
struct Kernel {
  at::Tensor weight, bias;
};
Kernel fold(const Convolution& convolution, const BatchNorm& norm);
// The same for a batch normalisation alone, as a convolution with an odd kernel and the given groups.
Kernel fold_identity(const BatchNorm& norm, int64_t kernel, int64_t groups);
// A kernel padded with zeros to a larger odd size.
at::Tensor enlarge(const at::Tensor& weight, int64_t kernel);
// A convolution with this kernel and bias, otherwise as `like`.
std::shared_ptr<Convolution> convolution_of(const Kernel& kernel, const Convolution& like);

}  // namespace cairn::models
