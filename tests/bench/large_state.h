// What the benches of stores move: random bytes, and a snapshot of 1.1 GB.
#pragma once
#include "checkpoint/pipeline/slot.h"
#include "store/store.h"

namespace cairn::bench {

Bytes random_bytes(size_t size, uint64_t seed);
// 11 tensors, 1.1 GB together.
void fill_large(Slot& slot);
// Publishes the leaves as the first snapshot of run "bench".
ManifestKey publish_first(Store& store, std::span<const TreeLeaf> leaves);

}  // namespace cairn::bench
