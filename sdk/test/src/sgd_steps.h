// A model trained for a few steps by plain SGD on made-up pictures: what several checks of models do.
#pragma once
#include <cairn/model.h>

#include "check.h"

namespace cairn::conformance {

// Pictures and objects that depend on `number` alone.
at::Tensor made_up_images(int64_t batch, int64_t side, uint64_t number);
Targets made_up_targets(int64_t batch, int64_t side, int64_t classes, uint64_t number);
Targets no_targets(int64_t batch, int64_t side);

// One step at iteration i. Returns the loss.
double sgd_step(Model& model, const Context& context, int64_t side, int64_t i);

// Parameters and buffers of the module, by name.
std::vector<std::pair<std::string, at::Tensor>> weights_of(Model& model);
void copy_weights(Model& from, Model& to);
void expect_equal_weights(Model& a, Model& b, const std::string& when);

}  // namespace cairn::conformance
