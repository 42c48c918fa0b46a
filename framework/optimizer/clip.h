// Gradient clipping.
#pragma once
#include <cairn/optimizer.h>

namespace cairn {

struct Clipped {
  double norm = 0;    // L2 norm over all gradients together, before clipping
  double factor = 1;  // what the gradients were multiplied by
};

// The gradients of all groups as one vector.
double gradient_norm(const ParamGroups& groups);

// Multiplies every gradient by min(1, max_norm / (norm + 1e-6)). Untouched when the norm is not finite.
Clipped clip_gradients(const ParamGroups& groups, double max_norm);

// Drops every gradient; the next backward pass makes new ones instead of adding to them.
void forget_gradients(const ParamGroups& groups);

}  // namespace cairn
