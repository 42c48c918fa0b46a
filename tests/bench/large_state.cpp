#include "bench/large_state.h"

#include <cstring>

#include <cairn/random.h>

#include "checkpoint/pipeline/tree_encoder.h"
#include "support/trees.h"

namespace cairn::bench {

Bytes random_bytes(size_t size, uint64_t seed) {
  Rng rng({seed});
  Bytes bytes(size);
  for (size_t i = 0; i + 8 <= size; i += 8) {
    const uint64_t value = rng.next_u64();
    std::memcpy(bytes.data() + i, &value, sizeof value);
  }
  return bytes;
}

void fill_large(Slot& slot) {
  constexpr int kTensors = 11;
  constexpr size_t kFloats = 275'000'000 / kTensors;
  for (int i = 0; i < kTensors; ++i)
    test::add(slot, "state/" + std::string(1, static_cast<char>('a' + i)), test::normal(kFloats, 1 + i));
}

ManifestKey publish_first(Store& store, std::span<const TreeLeaf> leaves) {
  const WrittenTree written = write_tree(store, leaves, {});
  Manifest manifest;
  manifest.info.run = "bench";
  manifest.info.sequence = manifest.info.generation = manifest.info.generation_start = 1;
  written.describe_in(manifest);
  store.publish(manifest, written.packs);
  return manifest.key();
}

}  // namespace cairn::bench
