// Stores that are copies of each other heal each other.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "store/store.h"

namespace cairn {

struct Repaired {
  size_t packs = 0, manifests = 0;    // that were looked at
  std::vector<std::string> healed;    // keys that were damaged and are written again
  std::vector<std::string> hopeless;  // keys that are damaged in every store that has them
};

// Reads every pack and manifest of `store` and writes what is damaged again, from the first of the others that has it
// intact. Of a sealed store that is the bytes as they lie there, and needs no key. `say` hears of each. Memory: one
// pack at a time. Errors of the stores other than damage go through.
Repaired repair_store(Store& store, std::span<Store* const> others, const std::function<void(std::string_view)>& say);

}  // namespace cairn
