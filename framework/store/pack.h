// A pack: blocks one after the other, then an index of them. Immutable, named by the SHA-256 of its bytes. Some of
// these are random, so the same blocks written again make a pack of another name: a collection that decided to remove
// the old one, and was suspended before it did, does no harm to the new one. Self-describing at both ends: each block
// carries its header, and the footer repeats them all. In a sealed store each block is closed together with its header,
// and so is the index. The grammar is in docs/format/pack.md and seal.md.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/page_allocator.h"
#include "base/sha256.h"
#include "store/block.h"
#include "store/seal/seal.h"

namespace cairn {

inline constexpr uint64_t kLargestPack = 256ull << 20;  // blocks that would go beyond begin another pack
inline constexpr size_t kPackMagicSize = 8;
inline constexpr size_t kPackTailSize = 60;  // at the very end: fixed size, tells where the index is
inline constexpr uint32_t kMostBlocks = 1u << 20;

// A block's header with its place.
struct PackEntry {
  BlockHeader header;
  uint64_t offset = 0;  // of its header in the pack
  uint64_t length = 0;  // header and payload
};

// What a sealed pack holds in the block's place becomes its payload. [any thread]
void close_block(EncodedBlock& block, const Seal& seal);

// Builds the bytes of a pack in memory. With a seal its blocks must have been closed with it.
class PackWriter {
 public:
  // `memory`: of an earlier pack, to be used again.
  explicit PackWriter(const Seal* seal = nullptr, PageVector<std::byte> memory = {});
  void add(const EncodedBlock& block);
  bool empty() const { return count_ == 0; }
  uint64_t size_bytes() const { return bytes_.size(); }
  PageVector<std::byte> finish();  // with the footer, different at each call for the same blocks; once
  PageVector<std::byte> memory() && { return std::move(bytes_); }  // for another writer, instead of a pack

 private:
  void append(std::span<const std::byte> bytes);
  const Seal* seal_;
  PageVector<std::byte> bytes_;
  std::vector<std::byte> index_;
  uint32_t count_ = 0;
};

// What the last kPackTailSize bytes of a pack say.
struct PackTail {
  uint64_t index_offset = 0;
  uint32_t index_size = 0;  // stored
  uint32_t index_raw_size = 0;
  uint32_t count = 0;
  Hash index_hash;
};

// `what` names the pack in errors, which are DataLoss. Every size is checked before it is used. With a seal the pack is
// a sealed one, and nothing else is accepted.
PackTail parse_pack_tail(std::span<const std::byte> tail, uint64_t pack_size, const std::string& what);
PackTail tail_of_pack(std::span<const std::byte> pack, const std::string& what);  // of a whole one
std::vector<PackEntry> parse_pack_index(std::span<const std::byte> index, const PackTail& tail, const std::string& what,
                                        const Seal* seal = nullptr);

// The payload of a block that was read at its place; checks that the header there is the index's.
std::span<const std::byte> payload_of(std::span<const std::byte> stored, const PackEntry& entry,
                                      const std::string& what);
// The same in a sealed pack; opens in place, so that `stored` can be used once only.
std::span<const std::byte> open_block(std::span<std::byte> stored, const PackEntry& entry, const std::string& what,
                                      const Seal& seal);

// The same blocks in a pack of another name. DataLoss when it is damaged.
PageVector<std::byte> under_another_name(std::span<const std::byte> pack, const std::string& what, const Seal* seal);

// Walks a pack from the front without its footer and reports every whole block; for rescue. Returns bytes understood.
uint64_t scan_pack(std::span<const std::byte> pack, const std::function<void(const PackEntry&)>& found);

}  // namespace cairn
