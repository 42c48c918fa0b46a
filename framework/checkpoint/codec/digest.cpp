#include "checkpoint/codec/digest.h"

#include <algorithm>

namespace cairn {

std::vector<BlockRange> block_ranges(uint64_t size_bytes) {
  std::vector<BlockRange> ranges;
  for (uint64_t offset = 0; offset < size_bytes; offset += kBlockSize) {
    ranges.push_back({offset, static_cast<uint32_t>(std::min<uint64_t>(kBlockSize, size_bytes - offset))});
  }
  return ranges;
}

Hash tensor_hash(std::span<const Hash> blocks) {
  Hasher hasher;
  for (const Hash& block : blocks) hasher.add(block);
  return hasher.finish();
}

void StateDigest::add(const TreeEntry& entry, const Hash& tensor) {
  if (!entry.path.starts_with(kStatePart)) return;
  const std::string_view dtype = name_of(entry.dtype);
  hasher_.add_u32(static_cast<uint32_t>(entry.path.size())).add(entry.path);
  hasher_.add_u32(static_cast<uint32_t>(dtype.size())).add(dtype);
  hasher_.add_u32(static_cast<uint32_t>(entry.shape.size()));
  for (const int64_t dimension : entry.shape) hasher_.add_u64(static_cast<uint64_t>(dimension));
  hasher_.add(tensor);
}

Hash StateDigest::finish() {
  return hasher_.finish();
}

}  // namespace cairn
