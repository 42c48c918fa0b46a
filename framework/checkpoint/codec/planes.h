// Numbers split into byte planes, each compressed by itself: the bytes of one significance are alike, those of one
// number not.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cairn {

// What happens to each number before it is split. Rotate: the sign goes into the lowest bit, so that the exponent fills
// a byte.
enum class Twist { None, Rotate };

// `width` is 1, 2, 4 or 8 and divides bytes.size(). Empty when the result would not be smaller than `limit` bytes.
std::optional<std::vector<std::byte>> encode_planes(std::span<const std::byte> bytes, uint32_t width, Twist twist,
                                                    size_t limit);

// Fills `into` exactly, or DataLoss naming `what`.
void decode_planes(std::span<const std::byte> payload, uint32_t width, Twist twist, std::span<std::byte> into,
                   const std::string& what);

}  // namespace cairn
