// First weights, from a seed alone. Each tensor has a stream of its own, keyed by its name, so that adding a layer
// changes no other; the global generators are not touched.
#pragma once
#include <cstdint>
#include <string_view>

#include <torch/nn/module.h>

namespace cairn::models {

// Every convolution below `root` that trains, transposed ones too: weight and bias uniform in +-1/sqrt(fan_in), fan_in
// the product of the weight's dimensions but the first. Everything else keeps what its constructor gave it.
void initialise(torch::nn::Module& root, uint64_t seed);

// One tensor, float32 on the CPU, in place.
void fill_uniform(at::Tensor tensor, double low, double high, uint64_t seed, std::string_view name);
void fill_normal(at::Tensor tensor, double mean, double deviation, uint64_t seed, std::string_view name);

// ln(objects / classes / cells), the class bias that expects `objects` per image of 640 pixels on the level of this
// stride.
double class_prior(double objects, double classes, double stride);

}  // namespace cairn::models
