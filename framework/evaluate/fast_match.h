// Which detections of one picture are right, at each of the ten thresholds, under the three rules of fast AP.
#pragma once
#include <bitset>
#include <vector>

#include "evaluate/fast_ap.h"

namespace cairn {

using RightAt = std::bitset<kOverlapThresholds>;

// One entry per detection in the order given by `order` (falling score). Crowds must not be among the targets.
std::vector<RightAt> fast_match(std::span<const Box> targets, std::span<const Detection> detections,
                                std::span<const int32_t> order, FastRule rule);

}  // namespace cairn
