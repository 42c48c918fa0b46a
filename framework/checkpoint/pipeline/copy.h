// Snapshots from one store into another: packs as they are, then the manifest. Between mirrors of a sealed store that
// needs no key; into a store with another seal, or with none, the blocks are opened and written again.
#pragma once
#include "store/store.h"

namespace cairn {

struct Copied {
  bool there_already = false;
  size_t packs = 0;          // that were missing
  uint64_t bytes = 0;        // of them
  SnapshotInfo info;         // in the target, with an id of its own unless the stores are mirrors; empty without a key
  std::string from_id;       // in the source; empty without a key
  std::vector<Hash> needed;  // all packs that it needs
};

// Copies a snapshot with all that it is encoded against. Every pack is checked against its name on the way: what is
// damaged in the source is DataLoss and leaves no manifest in the target. NotFound when the source does not have it.
// Unavailable when a collection in the target was in the way: nothing was published, and the next attempt goes round
// it.
Copied copy_snapshot(Store& from, Store& to, const ManifestKey& key);

}  // namespace cairn
