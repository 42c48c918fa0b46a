// Blocks out of a store, through whatever they are encoded against.
#pragma once
#include <span>
#include <vector>

#include "base/sha256.h"
#include "store/store.h"

namespace cairn {

// A block that is wanted, and where it goes: exactly its raw size.
struct WantedBlock {
  Hash name;
  std::span<std::byte> into;
};

// Reads, decodes and checks all of them, in parallel. Every wanted block has, after the return, the bytes that its name
// promises; otherwise DataLoss, naming block and pack. Blocks that they are encoded against live only as long as
// needed.
void read_blocks(Store& store, std::span<const WantedBlock> wanted, int threads);

// Raw size of a block, at most kBlockSize; DataLoss when the store does not hold it.
uint32_t block_size(Store& store, const Hash& name);

}  // namespace cairn
