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
#include "store/store_keys.h"

namespace cairn {

enum class OpenStore { CreateIfEmpty, MustExist };

// [any thread] Borrows the backend.
class Store {
 public:
  // A backend that holds objects but no repo.json, or one with features that this cairn does not know, is
  // FailedPrecondition, and nothing is changed. A new store takes `uuid` when given (mirrors share it). With keys that
  // want a seal it is sealed, and an unsealed one is FailedPrecondition. The keys are co-owned by all stores of a
  // process; nothing is unlocked before it is needed.
  Store(Backend& backend, OpenStore mode, const std::string& uuid = {}, std::shared_ptr<StoreKeys> keys = nullptr);

  // A store that is, or becomes, one more copy of `of`: with its uuid, its keys and the same seal. Needs no key.
  static std::unique_ptr<Store> mirror(Backend& backend, Store& of);

  // A sealed store without a key can still be copied, compared and repaired, byte by byte.
  bool sealed() const { return sealed_; }
  bool has_key() const { return !sealed_ || (keys_ != nullptr && keys_->has_key()); }
  // Null when it is not sealed. Unlocks; errors as StoreKeys::unlock. The same as long as the store lives.
  const Seal* seal();
  const std::shared_ptr<StoreKeys>& keys() const { return keys_; }
  // What publishing will need is there: the key of the seal, the signer's.
  void need_keys();

  Backend& backend() { return backend_; }
  const std::string& uuid() const { return uuid_; }
  std::string describe() const { return backend_.describe(); }

  // Every key that begins with the prefix, in order.
  std::vector<std::string> keys(const std::string& prefix);

  // Manifests.
  std::vector<std::string> runs();
  std::vector<ManifestKey> manifests(const std::string& run);  // sorted by (generation, sequence)
  // DataLoss when damaged, of another store, not what its name says, or signed by nobody whom the keys trust. Empty
  // when it went away meanwhile.
  std::optional<StoredManifest> read_manifest(const ManifestKey& key);
  // As it lies there, checked as far as that is possible without a key.
  std::optional<Bytes> manifest_bytes(const ManifestKey& key);
  // Sets the id. False: the name is taken by other content (another writer); nothing was changed.
  bool publish(Manifest& manifest, const std::vector<Hash>& packs);
  // The same for what manifest_bytes() of a store with this uuid gave. Needs no key.
  bool publish_copy(const ManifestKey& key, std::span<const std::byte> bytes, const std::vector<Hash>& packs);

  // Packs. Writing the same bytes again is fine.
  Hash put_pack(std::span<const std::byte> bytes);
  void put_pack(const Hash& name, std::span<const std::byte> bytes);  // whose SHA-256 is known
  // Reads the index of a pack into memory. False: no such pack.
  bool load_pack(const Hash& pack);
  // Of every pack that is there; those that are not there any more are dropped. Returns what is there.
  std::vector<Hash> load_all_packs();
  std::vector<Hash> drop_missing_packs();  // the second half of it only
  std::vector<Hash> packs();               // all that are there
  // Removes packs from the store, in one commit, and from memory. The caller knows that no manifest needs them.
  void remove_packs(std::span<const Hash> packs);
  void remove_pack(const Hash& pack) { remove_packs({&pack, 1}); }
  void drop_pack(const Hash& pack);  // from memory only: another process has removed it
  void remove_manifest(const ManifestKey& key);

  struct Place {
    Hash pack;
    PackEntry entry;
  };
  // Every copy of a block in the loaded packs, by rising depth.
  std::vector<Place> places(const Hash& block);
  // Header and payload of a block, or of neighbouring ones, as stored. DataLoss when the pack is gone or too short.
  Bytes read(const Hash& pack, uint64_t offset, uint64_t length);

 private:
  struct Where {
    uint32_t pack = 0;
    uint32_t entry = 0;
  };
  void open(OpenStore mode, const std::string& uuid);
  Bytes make(const std::string& uuid);
  void read_repository(const Bytes& bytes, const std::string& uuid);
  bool holds_anything();
  bool put_manifest(const std::string& key, std::span<const std::byte> bytes);
  bool commit_manifest(const std::string& key);
  std::vector<PackEntry> read_index(const Hash& pack, uint64_t size);
  std::vector<PackEntry> index_of(std::span<const std::byte> index, const PackTail& tail, const std::string& key);
  void remember(const Hash& pack, std::vector<PackEntry> entries);

  Backend& backend_;
  std::shared_ptr<StoreKeys> keys_;  // co-owned by the process's other stores
  std::string uuid_;
  bool sealed_ = false;
  std::mutex seal_mutex_;             // guards the next
  std::shared_ptr<const Seal> seal_;  // co-owned by keys_ and the process's other stores
  std::mutex mutex_;                  // guards what follows
  std::vector<Hash> pack_names_;
  std::vector<std::vector<PackEntry>> entries_;  // parallel to pack_names_
  std::unordered_map<Hash, uint32_t, HashOfHash> pack_numbers_;
  std::unordered_multimap<Hash, Where, HashOfHash> blocks_;
};

}  // namespace cairn
