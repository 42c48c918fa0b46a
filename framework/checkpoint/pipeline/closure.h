// Which blocks and packs a snapshot needs: its own and, through their operands, all that they are encoded against.
#pragma once
#include <set>
#include <span>
#include <unordered_set>
#include <vector>

#include "checkpoint/pipeline/tree_table.h"
#include "store/store.h"

namespace cairn {

// Grows with every tree that is added; blocks that it has seen cost nothing again.
class Closure {
 public:
  explicit Closure(Store& store) : store_(store) {}
  // DataLoss when a block lies in no pack.
  void add(std::span<const Hash> blocks, Store::Search search = Store::Search::Everywhere);
  // A snapshot whose table has been read: the table and what its rows name.
  void add(const StoredManifest& stored, std::span<const TableRow> rows);
  const std::set<Hash>& packs() const { return packs_; }
  const std::unordered_set<Hash, HashOfHash>& blocks() const { return blocks_; }

 private:
  Store& store_;
  std::set<Hash> packs_;
  std::unordered_set<Hash, HashOfHash> blocks_;
};

}  // namespace cairn
