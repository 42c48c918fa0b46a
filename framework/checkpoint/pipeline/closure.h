// Which blocks and packs a snapshot needs: its own and, through their operands, all that they are encoded against.
#pragma once
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "checkpoint/pipeline/tree_table.h"
#include "store/store.h"

namespace cairn {

// Grows with every tree that is added; blocks that it has seen cost nothing again. A block may lie in several packs, in
// different encodings. Of its copies the one of the smallest depth is chosen whose operands can all be had in the same
// way, and so on down; so a copy whose base is gone does no harm where another one stands. [one thread]
class Closure {
 public:
  // Places that must not be counted on, for example in a pack that is about to be removed. None when empty.
  using Unusable = std::function<bool(const Store::Place&)>;
  explicit Closure(Store& store, Unusable unusable = {}) : store_(store), unusable_(std::move(unusable)) {}

  // Among the loaded packs. Null: no copy can be had. Valid as long as this lives.
  const Store::Place* choose(const Hash& block) { return choose(block, kDeepest + 1); }
  // All packs are loaded before giving up, which is DataLoss.
  const Store::Place& need(const Hash& block);

  // Of each block what need() gives, and so on down.
  void add(std::span<const Hash> blocks);
  // A snapshot whose table has been read: the table and what its rows name.
  void add(const StoredManifest& stored, std::span<const TableRow> rows);
  const std::set<Hash>& packs() const { return packs_; }
  const std::unordered_set<Hash, HashOfHash>& blocks() const { return blocks_; }

 private:
  static constexpr uint32_t kDeepest = 1024;
  struct Choice {
    std::optional<Store::Place> place;
    uint32_t tried = 0;  // no copy of a smaller depth can be had
  };
  const Store::Place* choose(const Hash& block, uint32_t below);
  [[noreturn]] void refuse(const Hash& block);

  Store& store_;
  Unusable unusable_;
  bool loaded_all_ = false;
  std::unordered_map<Hash, Choice, HashOfHash> choices_;
  std::set<Hash> packs_;
  std::unordered_set<Hash, HashOfHash> blocks_;
};

}  // namespace cairn
