// Everything that one store has into another: snapshots that are missing there, and marks.
#pragma once
#include <functional>
#include <string_view>

#include "store/store.h"

namespace cairn {

struct Synced {
  size_t snapshots = 0;  // that were missing
  size_t there = 0;      // already
  size_t packs = 0;      // that were missing
  uint64_t bytes = 0;    // of them
  size_t marks = 0;
};

// Of every run when it is empty; the oldest first. Removes nothing. A snapshot that cannot be copied ends it, with
// everything before it in place. Between mirrors no key is needed; into a store of its own the snapshots get new ids,
// and the marks follow them. `say` hears of each snapshot.
Synced sync_stores(Store& from, Store& to, const std::string& run, const std::function<void(std::string_view)>& say);

}  // namespace cairn
