// The odd side of a square filter window.
#pragma once
#include <algorithm>

#include <cairn/random.h>

#include "common/interval.h"

namespace cairn::augment {

// Any odd number within the interval, equally likely; of an interval without one, the next odd number above.
inline int draw_kernel(const Interval<int64_t>& sides, Rng& rng) {
  const int64_t low = sides.low | 1, high = std::max(low, (sides.high - 1) | 1);
  return static_cast<int>(low + 2 * rng.below((high - low) / 2 + 1));
}

}  // namespace cairn::augment
