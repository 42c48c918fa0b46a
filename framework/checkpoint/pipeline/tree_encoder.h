// A captured tree into blocks, packs and a manifest.
#pragma once
#include <span>
#include <vector>

#include <cairn/prediction.h>

#include "checkpoint/pipeline/closure.h"
#include "checkpoint/pipeline/recipe.h"
#include "state/tree.h"
#include "store/store.h"

namespace cairn {

inline constexpr uint16_t kDefaultDepth = 32;

// What a save wrote; for metrics and messages.
struct SaveStats {
  uint64_t raw_bytes = 0;
  uint64_t stored_bytes = 0;  // of the packs
  int64_t blocks = 0;
  int64_t blocks_reused = 0;  // equal ones were in the store
  uint16_t depth = 0;         // of the deepest block that was written
};

struct WrittenTree {
  ManifestPart part;
  std::vector<TableRow> rows;  // parallel to the leaves
  std::vector<Hash> packs;     // where the tree's blocks lie, and all that they are encoded against
  std::vector<Hash> written;   // those of them that are new
  std::string digest;          // the state digest, in hexadecimal digits
  uint64_t size_bytes = 0;
  int64_t entries = 0;
  SaveStats stats;

  void describe_in(Manifest& manifest) const;  // digest, sizes and the part
};

struct EncodeSettings {
  int threads = 1;
  TreeBase base;                            // no leaves: everything is stored by itself
  std::span<const Prediction> predictions;  // from `base` to this tree
  uint16_t most_depth = kDefaultDepth;      // a block that would lie deeper is stored by itself
  Closure::Unusable unusable;               // places that must not be counted on
};

// Hashes and encodes the leaves, which come in path order, and writes what the store does not hold yet. After the
// return all blocks are durable; publishing a manifest with this part makes the snapshot. Memory beside the leaves: at
// most a third of them, and 32 MiB. [any thread]
WrittenTree write_tree(Store& store, std::span<const TreeLeaf> leaves, const EncodeSettings& settings);

}  // namespace cairn
