#include "checkpoint/pipeline/closure.h"

#include <cairn/error.h>

namespace cairn {

void Closure::add(std::span<const Hash> blocks, Store::Search search) {
  std::vector<Hash> open;
  const auto reach = [&](const Hash& name) {
    if (blocks_.insert(name).second) open.push_back(name);
  };
  for (const Hash& name : blocks) reach(name);
  while (!open.empty()) {
    const Hash name = open.back();
    open.pop_back();
    const auto place = store_.find(name, search);
    if (!place) fail(Code::DataLoss, "block ", name.hex(), " is in no pack of the ", store_.describe());
    packs_.insert(place->pack);
    for (const Hash& operand : place->entry.header.operands) reach(operand);
  }
}

void Closure::add(const StoredManifest& stored, std::span<const TableRow> rows) {
  for (const ManifestPart& part : stored.manifest.parts) add(part.table);
  for (const TableRow& row : rows) add(row.blocks);
}

}  // namespace cairn
