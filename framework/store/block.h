// A block as it lies in a pack: what is needed to decode it, and where that is. docs/format/pack.md.
#pragma once
#include <cstdint>
#include <vector>

#include "base/sha256.h"

namespace cairn {

inline constexpr uint32_t kBlockSize = 4u << 20;  // tensors are cut at multiples of it
inline constexpr size_t kMostOperands = 8;
inline constexpr size_t kMostScalars = 16;

// Names the content by its hash, so that the same bytes have the same name in every store. Numbers of codec, element
// and formula are given meaning by the codecs; a store passes them through. [value]
struct BlockHeader {
  Hash name;  // SHA-256 of the raw bytes
  uint8_t codec = 0;
  uint8_t element = 0;  // DType of the bytes
  uint8_t formula = 0;
  uint16_t depth = 0;           // longest way through operands to a block without any
  uint32_t raw_size = 0;        // at most kBlockSize
  uint32_t stored_size = 0;     // of the payload
  uint32_t check = 0;           // low half of the payload's XXH3-64; set by the pack
  std::vector<Hash> operands;   // names of blocks, in the formula's order
  std::vector<double> scalars;  // in the formula's order
  bool operator==(const BlockHeader&) const = default;
};

struct EncodedBlock {
  BlockHeader header;
  std::vector<std::byte> payload;
};

}  // namespace cairn
