#include "checkpoint/pipeline/copy.h"

#include <cairn/error.h>

#include "checkpoint/pipeline/closure.h"
#include "checkpoint/pipeline/tree_reader.h"

namespace cairn {

namespace {

std::set<Hash> packs_of(Store& store, const StoredManifest& stored) {
  const std::vector<TableRow> rows = read_table(store, stored, 1);
  Closure closure(store);
  for (const ManifestPart& part : stored.manifest.parts) closure.add(part.table);
  for (const TableRow& row : rows) closure.add(row.blocks);
  return closure.packs();
}

}  // namespace

Copied copy_snapshot(Store& from, Store& to, const ManifestKey& key) {
  auto stored = from.read_manifest(key);
  if (!stored) fail(Code::NotFound, key.key(), " is not in the ", from.describe());
  const std::set<Hash> packs = packs_of(from, *stored);
  Copied out;
  for (const Hash& pack : packs) {
    if (to.load_pack(pack)) continue;
    const auto bytes = from.backend().get(pack_key(pack));
    if (!bytes || sha256(*bytes) != pack) {
      fail(Code::DataLoss, pack_key(pack), " in the ", from.describe(),
           " is damaged: it does not have its name's hash");
    }
    to.put_pack(*bytes);
    ++out.packs;
    out.bytes += bytes->size();
  }
  Manifest& manifest = stored->manifest;
  out.there_already = to.read_manifest(key).has_value();
  if (!to.publish(manifest, {packs.begin(), packs.end()})) {
    fail(Code::FailedPrecondition, key.key(), " in the ", to.describe(),
         " is another snapshot; nothing was changed. Copy into another store, or rename the run");
  }
  out.info = manifest.info;
  out.needed.assign(packs.begin(), packs.end());
  return out;
}

}  // namespace cairn
