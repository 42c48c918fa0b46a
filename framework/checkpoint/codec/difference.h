// Differences between numbers and a prediction of them, as small whole numbers. Numbers are mapped to integers of the
// same width in their order, subtracted modulo 2^bits and folded so that both signs are small ("zig-zag").
#pragma once
#include <cstddef>
#include <span>

#include "state/tree.h"

namespace cairn {

// All three have one size, a multiple of the type's. `into` may be `bytes` or `prediction` itself.
void difference(DType dtype, std::span<const std::byte> bytes, std::span<const std::byte> prediction,
                std::span<std::byte> into);

// The way back: `folded` is what difference() made.
void undo_difference(DType dtype, std::span<const std::byte> folded, std::span<const std::byte> prediction,
                     std::span<std::byte> into);

bool is_real(DType dtype);

}  // namespace cairn
