#include "checkpoint/pipeline/closure.h"

#include <algorithm>

#include <cairn/error.h>

namespace cairn {

// Operands have a smaller depth than what is encoded against them, so this ends.
const Store::Place* Closure::choose(const Hash& block, uint32_t below) {
  Choice& choice = choices_[block];
  if (choice.place) return choice.place->entry.header.depth < below ? &*choice.place : nullptr;
  if (below <= choice.tried) return nullptr;
  for (Store::Place& place : store_.places(block)) {
    const BlockHeader& header = place.entry.header;
    if (header.depth >= below) break;
    if (unusable_ && unusable_(place)) continue;
    const bool whole = std::all_of(header.operands.begin(), header.operands.end(),
                                   [&](const Hash& operand) { return choose(operand, header.depth) != nullptr; });
    if (!whole) continue;
    choice.place = std::move(place);
    return &*choice.place;
  }
  choice.tried = below;
  return nullptr;
}

const Store::Place& Closure::need(const Hash& block) {
  if (const Store::Place* place = choose(block)) return *place;
  if (!loaded_all_) {
    store_.load_all_packs();
    loaded_all_ = true;
    std::erase_if(choices_, [](const auto& each) { return !each.second.place; });
    if (const Store::Place* place = choose(block)) return *place;
  }
  refuse(block);
}

void Closure::refuse(const Hash& block) {
  Hash name = block;
  while (true) {
    const std::vector<Store::Place> places = store_.places(name);
    if (places.empty()) fail(Code::DataLoss, "block ", name.hex(), " is in no pack of the ", store_.describe());
    const BlockHeader& header = places.front().entry.header;
    if (header.depth > kDeepest) fail(Code::DataLoss, "block ", name.hex(), " is damaged: its depth is out of bounds");
    const auto missing = std::find_if(header.operands.begin(), header.operands.end(),
                                      [&](const Hash& each) { return choose(each, header.depth) == nullptr; });
    if (missing == header.operands.end())
      fail(Code::DataLoss, "block ", name.hex(), " lies only in packs of the ", store_.describe(),
           " that are about to be removed");
    const std::vector<Store::Place> theirs = store_.places(*missing);
    if (!theirs.empty() && theirs.front().entry.header.depth >= header.depth)
      fail(Code::DataLoss, "block ", name.hex(), " is damaged: its operand ", missing->hex(), " does not fit it");
    name = *missing;
  }
}

void Closure::add(std::span<const Hash> blocks) {
  std::vector<Hash> open;
  const auto reach = [&](const Hash& name) {
    if (blocks_.insert(name).second) open.push_back(name);
  };
  for (const Hash& name : blocks) reach(name);
  while (!open.empty()) {
    const Hash name = open.back();
    open.pop_back();
    const Store::Place& place = need(name);
    packs_.insert(place.pack);
    for (const Hash& operand : place.entry.header.operands) reach(operand);
  }
}

void Closure::add(const StoredManifest& stored, std::span<const TableRow> rows) {
  for (const ManifestPart& part : stored.manifest.parts) add(part.table);
  for (const TableRow& row : rows) add(row.blocks);
}

}  // namespace cairn
