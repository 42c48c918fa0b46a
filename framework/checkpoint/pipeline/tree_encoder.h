// A captured tree into blocks, packs and a manifest.
#pragma once
#include <span>
#include <vector>

#include "state/tree.h"
#include "store/store.h"

namespace cairn {

// What a save wrote; for metrics and messages.
struct SaveStats {
  uint64_t raw_bytes = 0;
  uint64_t stored_bytes = 0;  // of the packs
  int64_t blocks = 0;
  int64_t blocks_reused = 0;  // equal ones were in the store
};

struct WrittenTree {
  ManifestPart part;
  std::vector<Hash> packs;  // where the tree's blocks lie
  std::string digest;       // the state digest, in hexadecimal digits
  uint64_t size_bytes = 0;
  int64_t entries = 0;
  SaveStats stats;
};

// Hashes and encodes the leaves, which come in path order, and writes what the store does not hold yet. After the
// return all blocks are durable; publishing a manifest with this part makes the snapshot. [any thread]
WrittenTree write_tree(Store& store, std::span<const TreeLeaf> leaves, int threads);

}  // namespace cairn
