#include "checkpoint/pipeline/copy.h"

#include <algorithm>

#include <cairn/error.h>

#include "base/parallel.h"
#include "checkpoint/pipeline/closure.h"
#include "checkpoint/pipeline/collect.h"
#include "checkpoint/pipeline/maintain.h"
#include "checkpoint/pipeline/tree_encoder.h"
#include "checkpoint/pipeline/tree_reader.h"

namespace cairn {

namespace {

std::set<Hash> packs_of(Store& store, const StoredManifest& stored) {
  Closure closure(store);
  closure.add(stored, read_table(store, stored, 1));
  return closure.packs();
}

// Without a key only the manifest's hints tell; when one of them is wrong, every pack may be needed.
std::set<Hash> packs_without_key(Store& store, std::span<const std::byte> manifest, const std::string& what) {
  const std::vector<Hash> hints = check_manifest(manifest, what);
  const std::vector<Hash> all = store.packs();
  const std::set<Hash> there(all.begin(), all.end());
  const bool known =
      !hints.empty() && std::all_of(hints.begin(), hints.end(), [&](const Hash& each) { return there.contains(each); });
  return known ? std::set<Hash>(hints.begin(), hints.end()) : there;
}

Bytes read_pack(Store& from, const Hash& pack) {
  auto bytes = from.backend().get(pack_key(pack));
  if (!bytes || sha256(*bytes) != pack) {
    fail(Code::DataLoss, pack_key(pack), " in the ", from.describe(), " is damaged: it does not have its name's hash");
  }
  return std::move(*bytes);
}

// Returns what was needed by the names that it has in the target: a pack that a collection there has named, and may
// remove at any time, gets another one.
std::vector<Hash> copy_packs(Store& from, Store& to, const std::set<Hash>& packs, Copied& out) {
  const Condemned condemned = read_condemned(to);
  std::vector<Hash> names;
  for (const Hash& pack : packs) {
    const bool named = condemned.contains(pack);
    names.push_back(pack);
    if (!named && to.load_pack(pack)) continue;
    if (named && !to.has_key())
      fail(Code::Unavailable, pack_key(pack), " in the ", to.describe(), " waits for its removal; copy again then");
    const Bytes bytes = read_pack(from, pack);
    if (named) {
      names.back() = to.put_pack(under_another_name(bytes, pack_key(pack), to.seal()));
    } else {
      to.put_pack(pack, bytes);
    }
    ++out.packs;
    out.bytes += bytes.size();
  }
  return names;
}

// What stood there all along may have been named or removed meanwhile. From now on it will not be: whoever decides
// later has seen the manifest.
void check_published(Store& to, const ManifestKey& key, const std::vector<Hash>& packs, bool there_already) {
  const Condemned condemned = read_condemned(to);
  const std::vector<Hash> all = to.drop_missing_packs();
  const std::set<Hash> there(all.begin(), all.end());
  const bool safe = std::all_of(packs.begin(), packs.end(),
                                [&](const Hash& pack) { return there.contains(pack) && !condemned.contains(pack); });
  if (safe) return;
  if (!there_already) to.remove_manifest(key);
  fail(Code::Unavailable, "a collection in the ", to.describe(), " removed what ", key.key(), " needs; copy it again");
}

[[noreturn]] void refuse_other(const ManifestKey& key, Store& to) {
  fail(Code::FailedPrecondition, key.key(), " in the ", to.describe(),
       " is another snapshot; nothing was changed. Copy into another store, or rename the run");
}

// Between mirrors: every byte as it is.
Copied copy_bytes(Store& from, Store& to, const ManifestKey& key) {
  Copied out;
  const auto bytes = from.manifest_bytes(key);
  if (!bytes) fail(Code::NotFound, key.key(), " is not in the ", from.describe());
  std::set<Hash> packs;
  if (from.has_key()) {
    const auto stored = from.read_manifest(key);
    if (!stored) fail(Code::NotFound, key.key(), " is not in the ", from.describe());
    out.info = stored->manifest.info;
    out.from_id = out.info.id;
    packs = packs_of(from, *stored);
  } else {
    packs = packs_without_key(from, *bytes, key.key());
  }
  out.needed = copy_packs(from, to, packs, out);
  out.there_already = to.manifest_bytes(key).has_value();
  if (!to.publish_copy(key, *bytes, out.needed)) refuse_other(key, to);
  check_published(to, key, out.needed, out.there_already);
  return out;
}

// Into a store with another seal: opened here and closed there.
Copied write_again(Store& from, Store& to, StoredManifest stored) {
  const ManifestKey key = stored.manifest.key();
  std::vector<TableRow> rows;
  Slot slot;
  load_tree(from, stored, machine_threads(), rows, slot);
  const Condemned condemned = read_condemned(to);
  EncodeSettings settings;
  settings.threads = machine_threads();
  settings.unusable = [&](const Store::Place& place) { return condemned.contains(place.pack); };
  to.load_all_packs();
  const WrittenTree written = write_tree(to, slot.leaves(), settings);
  Copied out;
  out.from_id = stored.manifest.info.id;
  out.packs = written.written.size();
  out.bytes = written.stats.stored_bytes;
  out.there_already = to.read_manifest(key).has_value();
  stored.manifest.parts = {written.part};
  if (!to.publish(stored.manifest, written.packs)) refuse_other(key, to);
  check_published(to, key, written.packs, out.there_already);
  out.info = stored.manifest.info;
  out.needed = written.packs;
  return out;
}

}  // namespace

Copied copy_snapshot(Store& from, Store& to, const ManifestKey& key) {
  if (from.uuid() == to.uuid()) return copy_bytes(from, to, key);
  auto stored = from.read_manifest(key);
  if (!stored) fail(Code::NotFound, key.key(), " is not in the ", from.describe());
  if (from.sealed() || to.sealed()) return write_again(from, to, std::move(*stored));
  const std::set<Hash> packs = packs_of(from, *stored);
  Copied out;
  out.from_id = stored->manifest.info.id;
  out.needed = copy_packs(from, to, packs, out);
  out.there_already = to.read_manifest(key).has_value();
  if (!to.publish(stored->manifest, out.needed)) refuse_other(key, to);
  check_published(to, key, out.needed, out.there_already);
  out.info = stored->manifest.info;
  return out;
}

}  // namespace cairn
