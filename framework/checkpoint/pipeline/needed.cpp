#include "checkpoint/pipeline/needed.h"

#include "checkpoint/pipeline/tree_reader.h"

namespace cairn {

Needed::Needed(Store& store, const Condemned& condemned)
    : store_(store),
      safe_(store, [&condemned](const Store::Place& place) { return condemned.contains(place.pack); }),
      any_(store) {}

void Needed::add(const StoredManifest& stored) {
  const auto rows = read_table(store_, stored, 1);
  for (const ManifestPart& part : stored.manifest.parts) add(part.table);
  for (const TableRow& row : rows) add(row.blocks);
}

void Needed::add(std::span<const Hash> blocks) {
  for (const Hash& block : blocks) {
    if (safe_.choose(block) != nullptr) {
      safe_.add(std::span(&block, 1));
    } else {
      any_.need(block);
      keep_every_copy(block);
    }
  }
}

void Needed::keep_every_copy(const Hash& block) {
  std::vector<Hash> open{block};
  while (!open.empty()) {
    const Hash name = open.back();
    open.pop_back();
    if (!seen_.insert(name).second) continue;
    for (const Store::Place& place : store_.places(name)) {
      contested_.insert(place.pack);
      const auto& operands = place.entry.header.operands;
      open.insert(open.end(), operands.begin(), operands.end());
    }
  }
}

std::set<Hash> Needed::packs() const {
  std::set<Hash> all = safe_.packs();
  all.insert(contested_.begin(), contested_.end());
  return all;
}

}  // namespace cairn
