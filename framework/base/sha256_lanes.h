// SHA-256 of sixteen messages side by side, on processors with AVX-512: lane i of every register belongs to message i.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/sha256.h"

namespace cairn {

inline constexpr size_t kHashLanes = 16;
inline constexpr size_t kHashBlock = 64;  // bytes that are hashed in one go

struct alignas(64) HashLanes {
  std::array<std::array<uint32_t, kHashLanes>, 8> words;
};

bool has_hash_lanes();  // whether this processor can; without, nothing below may be called

void begin_lane(HashLanes& lanes, size_t lane);
// Takes `count` blocks of every message; blocks[i] is where those of lane i begin.
void add_to_lanes(HashLanes& lanes, const std::array<const std::byte*, kHashLanes>& blocks, size_t count);
// The hash of lane's message: `done_bytes` of it were taken, `rest` follows. The lane stays as it is.
Hash finish_lane(const HashLanes& lanes, size_t lane, uint64_t done_bytes, std::span<const std::byte> rest);

}  // namespace cairn
