// XXH3, 64 bits: finds what was damaged by accident.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace cairn {

uint64_t xxh3(std::span<const std::byte> bytes);

}  // namespace cairn
