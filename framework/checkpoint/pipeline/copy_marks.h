// Marks from a store into a mirror of it.
#pragma once
#include <string>

#include "store/store.h"

namespace cairn {

// Those that `to` lacks, tombstones too, and none that speaks of one store only; of one snapshot when its id is given.
// How many there were.
size_t copy_marks(Store& from, Store& to, const std::string& snapshot = {});

}  // namespace cairn
