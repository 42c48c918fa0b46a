// A repository of snapshots on one backend: what lies where, and the order in which it is written. Blocks before the
// manifest; the manifest is the commit. Tensors are unknown here.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <cairn/backend.h>

#include "store/manifest.h"
#include "store/pack.h"

namespace cairn {

enum class OpenStore { CreateIfEmpty, MustExist };

// [any thread] Borrows the backend.
class Store {
 public:
  // A backend that holds objects but no repo.json, or one with features that this cairn does not know, is
  // FailedPrecondition, and nothing is changed. A new store takes `uuid` when given (mirrors share it).
  Store(Backend& backend, OpenStore mode, const std::string& uuid = {});

  Backend& backend() { return backend_; }
  const std::string& uuid() const { return uuid_; }
  std::string describe() const { return backend_.describe(); }

  // Every key that begins with the prefix, in order.
  std::vector<std::string> keys(const std::string& prefix);

  // Manifests.
  std::vector<std::string> runs();
  std::vector<ManifestKey> manifests(const std::string& run);  // sorted by (generation, sequence)
  // DataLoss when damaged, of another store or not what its name says. Empty when it went away meanwhile.
  std::optional<StoredManifest> read_manifest(const ManifestKey& key);
  // Sets the id. False: the name is taken by other content (another writer); nothing was changed.
  bool publish(Manifest& manifest, const std::vector<Hash>& packs);

  // Packs. Writing the same bytes again is fine.
  Hash put_pack(std::span<const std::byte> bytes);
  // Reads the index of a pack, or of every pack that is there, into memory. False: no such pack.
  bool load_pack(const Hash& pack);
  void load_all_packs();
  std::vector<Hash> packs();  // all that are there
  // Removes a pack from the store and from memory. The caller knows that no manifest needs it.
  void remove_pack(const Hash& pack);
  void drop_pack(const Hash& pack);  // from memory only: another process has removed it
  void remove_manifest(const ManifestKey& key);

  struct Place {
    Hash pack;
    PackEntry entry;
  };
  // Among the loaded packs; of several places the one that needs the fewest others. Everywhere: all packs are loaded
  // before giving up.
  enum class Search { Loaded, Everywhere };
  std::optional<Place> find(const Hash& block, Search search = Search::Loaded);
  // Header and payload of a block, or of neighbouring ones, as stored. DataLoss when the pack is gone or too short.
  Bytes read(const Hash& pack, uint64_t offset, uint64_t length);

 private:
  struct Where {
    uint32_t pack = 0;
    uint32_t entry = 0;
  };
  void open(OpenStore mode, const std::string& uuid);
  bool holds_anything();
  std::vector<PackEntry> read_index(const Hash& pack, uint64_t size);
  void remember(const Hash& pack, std::vector<PackEntry> entries);

  Backend& backend_;
  std::string uuid_;
  std::mutex mutex_;  // guards what follows
  std::vector<Hash> pack_names_;
  std::vector<std::vector<PackEntry>> entries_;  // parallel to pack_names_
  std::unordered_map<Hash, uint32_t, HashOfHash> pack_numbers_;
  std::unordered_multimap<Hash, Where, HashOfHash> blocks_;
};

}  // namespace cairn
