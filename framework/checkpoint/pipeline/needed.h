// Which packs must stay, whatever several collections decide at the same time.
#pragma once
#include <set>
#include <unordered_set>

#include "checkpoint/pipeline/closure.h"
#include "checkpoint/pipeline/condemned.h"
#include "store/store.h"

namespace cairn {

// Of a block that lies in several packs one copy is enough, if it and all that it is encoded against lie in packs that
// nobody has named: then nobody removes them before he has seen the snapshot, too. Where there is no such copy, two
// collections may count on different ones, and every one of them stays. [one thread]
class Needed {
 public:
  // Borrows both. Counts on the loaded packs: what is loaded must be what is there, listed after `condemned` was read.
  Needed(Store& store, const Condemned& condemned);
  // DataLoss when a block cannot be had at all.
  void add(const StoredManifest& stored);
  std::set<Hash> packs() const;

 private:
  void add(std::span<const Hash> blocks);
  void keep_every_copy(const Hash& block);

  Store& store_;
  Closure safe_, any_;
  std::set<Hash> contested_;
  std::unordered_set<Hash, HashOfHash> seen_;
};

}  // namespace cairn
