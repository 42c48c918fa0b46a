#include "checkpoint/pipeline/repair.h"

#include <cairn/error.h>

namespace cairn {

namespace {

using Intact = std::function<bool(const Bytes&)>;

class Repair {
 public:
  Repair(Store& store, std::span<Store* const> others, const std::function<void(std::string_view)>& say)
      : store_(store), others_(others), say_(say) {}

  Repaired run() {
    for (const Hash& pack : store_.packs()) {
      ++out_.packs;
      look_at(pack_key(pack), [&](const Bytes& bytes) { return sha256(bytes) == pack; });
    }
    for (const std::string& key : store_.keys(manifest_prefix(""))) {
      const auto place = ManifestKey::parse(key);
      if (!place) continue;
      ++out_.manifests;
      look_at(key, [&](const Bytes& bytes) { return is_manifest(bytes, *place); });
    }
    return std::move(out_);
  }

 private:
  bool is_manifest(const Bytes& bytes, const ManifestKey& place) const {
    try {
      if (!store_.has_key()) {
        check_manifest(bytes, place.key());
        return true;
      }
      const StoredManifest stored = decode_manifest(bytes, place.key(), store_.seal());
      return stored.manifest.key() == place && stored.manifest.repository == store_.uuid();
    } catch (const Error& error) {
      if (error.code() != Code::DataLoss) throw;
      return false;
    }
  }

  void look_at(const std::string& key, const Intact& intact) {
    const auto bytes = store_.backend().get(key);
    if (!bytes || intact(*bytes)) return;  // absent: forgotten meanwhile
    for (Store* other : others_) {
      const auto copy = other->backend().get(key);
      if (!copy || !intact(*copy)) continue;
      store_.backend().put(key, *copy, PutMode::Replace);
      store_.backend().commit(std::span(&key, 1));
      out_.healed.push_back(key);
      say_(cat(key, " was damaged in the ", store_.describe(), "; healed from the ", other->describe()));
      return;
    }
    out_.hopeless.push_back(key);
    say_(cat(key, " is damaged in the ", store_.describe(), ", and no other store has it intact"));
  }

  Store& store_;
  std::span<Store* const> others_;
  const std::function<void(std::string_view)>& say_;
  Repaired out_;
};

}  // namespace

Repaired repair_store(Store& store, std::span<Store* const> others, const std::function<void(std::string_view)>& say) {
  return Repair(store, others, say).run();
}

}  // namespace cairn
