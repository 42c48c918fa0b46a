// Blocks to their stored form and back. docs/format/codecs.md.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/sha256.h"
#include "checkpoint/codec/formula.h"
#include "state/tree.h"
#include "store/block.h"

namespace cairn {

// Numbers stand in packs and are never reused.
enum class Codec : uint8_t { Raw = 0, Planes = 1, Delta = 2 };

using BytesView = std::span<const std::byte>;

// The bytes by themselves: planes when that is smaller, else raw. `name` is their SHA-256.
EncodedBlock encode_full(const Hash& name, DType dtype, BytesView bytes);

// What a difference is made against: blocks that a reader can have, each of the same size.
struct DeltaBase {
  Formula formula = Formula::None;
  std::vector<BytesView> operands;
  std::vector<Hash> names;  // of the operands
  std::vector<double> scalars;
  uint16_t depth = 0;  // of the deepest operand
};

// The difference to the formula's prediction, whatever its size. Formulas other than previous/1 are for float32 only.
EncodedBlock encode_delta(const Hash& name, DType dtype, BytesView bytes, const DeltaBase& base);

// Whether bf16grad/1 explains the numbers: most of a sample are reproduced to the last bits.
bool explained_by_gradients(BytesView bytes, const DeltaBase& base);

// Decodes into exactly header.raw_size bytes. `operands` are the decoded blocks that the header names, in order. Does
// not check the name; whoever wants the block does. DataLoss for anything that no encoder writes.
void decode_block(const BlockHeader& header, BytesView payload, std::span<const BytesView> operands,
                  std::span<std::byte> into);

}  // namespace cairn
