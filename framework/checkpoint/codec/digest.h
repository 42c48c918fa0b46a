// Names of blocks, hashes of tensors, and the state digest that sums them up. docs/format/manifest.md.
#pragma once
#include <span>
#include <vector>

#include "base/sha256.h"
#include "state/tree.h"
#include "store/block.h"

namespace cairn {

// The parts at which bytes are cut into blocks: multiples of kBlockSize, none for no bytes.
struct BlockRange {
  uint64_t offset = 0;
  uint32_t size = 0;
};
std::vector<BlockRange> block_ranges(uint64_t size_bytes);

// A tensor's hash: SHA-256 over its blocks' hashes in order.
Hash tensor_hash(std::span<const Hash> blocks);

// SHA-256 over path, dtype, shape and tensor hash of every entry under state/, which must come in path order.
class StateDigest {
 public:
  void add(const TreeEntry& entry, const Hash& tensor);  // entries of other parts are passed over
  Hash finish();

 private:
  Hasher hasher_;
};

}  // namespace cairn
