#include "common/initialise.h"

#include <cmath>

#include <ATen/ATen.h>

#include <cairn/random.h>

#include "common/convolution.h"
#include "common/transposed.h"

namespace cairn::models {

namespace {

template <class Draw>
void fill(at::Tensor& tensor, uint64_t seed, std::string_view name, Draw&& draw) {
  const at::NoGradGuard no_grad;
  Rng rng{seed, hash_text(name)};
  at::Tensor values = at::empty(tensor.sizes(), at::kFloat);
  float* data = values.data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) data[i] = static_cast<float>(draw(rng));
  tensor.copy_(values);
}

}  // namespace

void fill_uniform(at::Tensor tensor, double low, double high, uint64_t seed, std::string_view name) {
  fill(tensor, seed, name, [=](Rng& rng) { return rng.uniform(low, high); });
}

void fill_normal(at::Tensor tensor, double mean, double deviation, uint64_t seed, std::string_view name) {
  fill(tensor, seed, name, [=](Rng& rng) { return mean + deviation * rng.normal(); });
}

namespace {
void initialise(const at::Tensor& weight, const at::Tensor& bias, uint64_t seed, const std::string& name) {
  if (!weight.requires_grad()) return;
  const double bound = 1 / std::sqrt(static_cast<double>(weight.numel() / weight.size(0)));
  fill_uniform(weight, -bound, bound, seed, name + ".weight");
  if (bias.defined()) fill_uniform(bias, -bound, bound, seed, name + ".bias");
}
}  // namespace

void initialise(torch::nn::Module& root, uint64_t seed) {
  for (const auto& item : root.named_modules()) {
    const torch::nn::Module* module = item.value().get();
    if (const auto* plain = dynamic_cast<const Convolution*>(module)) {
      initialise(plain->weight, plain->bias, seed, item.key());
    } else if (const auto* transposed = dynamic_cast<const TransposedConvolution*>(module)) {
      initialise(transposed->weight, transposed->bias, seed, item.key());
    }
  }
}

double class_prior(double objects, double classes, double stride) {
  return std::log(objects / classes / std::pow(640 / stride, 2));
}

}  // namespace cairn::models
