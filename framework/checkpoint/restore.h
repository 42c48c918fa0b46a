// A snapshot out of a store into memory.
#pragma once
#include <span>

#include "checkpoint/checkpointer.h"
#include "store/store.h"

namespace cairn {

// Reads and checks everything, straight into the tensors. What is damaged or cannot be reached in the first store is
// read from the next, entry by entry, which is said. DataLoss naming what is damaged in all of them.
Restored restore_snapshot(std::span<Store* const> stores, const StoredManifest& stored, int threads,
                          const Checkpointer::Say& say);
Restored restore_snapshot(Store& store, const StoredManifest& stored, int threads);

// Its record() alone; state() has nothing. Of the rest only that the store has all of it: DataLoss when a block is in
// no pack, or a pack is not there.
Restored restore_record(Store& store, const StoredManifest& stored);

}  // namespace cairn
