// A snapshot out of a store into memory.
#pragma once
#include "checkpoint/checkpointer.h"
#include "store/store.h"

namespace cairn {

// Reads and checks everything. DataLoss naming what is damaged.
Restored restore_snapshot(Store& store, const StoredManifest& stored, int threads);

}  // namespace cairn
