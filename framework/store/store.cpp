#include "store/store.h"

#include <algorithm>

#include "base/text_bytes.h"
#include "store/canonical_json.h"
#include "store/seal/locked_bytes.h"

namespace cairn {

namespace {

constexpr uint64_t kLargestRepositoryFile = 1u << 20;
constexpr int kFormat = 1;
constexpr std::string_view kSealFeature = "seal/1";
constexpr uint64_t kTailRead = 64u << 10;  // one read usually holds tail and index

std::string repository_text(const std::string& uuid, bool sealed) {
  nlohmann::json features = nlohmann::json::array();
  if (sealed) features.push_back(kSealFeature);
  return canonical_json({{"format", kFormat},
                         {"repository", uuid},
                         {"features", {{"read", features}, {"write", features}, {"delete", features}}}});
}

// A random (version 4) UUID.
std::string new_uuid() {
  std::array<std::byte, 16> raw{};
  fill_random(raw);
  raw[6] = (raw[6] & std::byte{0x0f}) | std::byte{0x40};
  raw[8] = (raw[8] & std::byte{0x3f}) | std::byte{0x80};
  const std::string hex = to_hex(raw);
  return cat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-", hex.substr(16, 4), "-",
             hex.substr(20));
}

void put_repository(Backend& backend, std::span<const std::byte> text) {
  const std::string key(kRepositoryKey);
  backend.put(key, text, backend.capabilities().conditional_put ? PutMode::IfAbsent : PutMode::Replace);
  backend.commit(std::span(&key, 1));
}

}  // namespace

Store::Store(Backend& backend, OpenStore mode, const std::string& uuid, std::shared_ptr<StoreKeys> keys)
    : backend_(backend), keys_(std::move(keys)) {
  try {
    open(mode, uuid);
  } catch (Error& error) {
    throw error.note(cat("while opening the store in ", backend_.describe()));
  }
}

void Store::open(OpenStore mode, const std::string& uuid) {
  auto found = backend_.get(std::string(kRepositoryKey));
  if (!found) {
    if (holds_anything()) {
      fail(Code::FailedPrecondition, "it holds objects but no ", kRepositoryKey,
           ", so it is no cairn store; nothing was changed. Name an empty place, or the folder that holds ",
           kRepositoryKey);
    }
    if (mode == OpenStore::MustExist) fail(Code::NotFound, "there is no cairn store; nothing was changed");
    found = make(uuid);
  }
  read_repository(*found, uuid);
}

// What stands there afterwards: another process may have been faster. Keys first: a store whose repo.json stands can be
// opened.
Bytes Store::make(const std::string& uuid) {
  const std::string name = uuid.empty() ? new_uuid() : uuid;
  const bool sealed = keys_ != nullptr && keys_->wants_seal();
  if (sealed) {
    KeyRecord record = keys_->own_record();
    record.wrap(Seal::create(name));
    write_key_record(backend_, record);
  }
  put_repository(backend_, bytes_of(repository_text(name, sealed)));
  auto found = backend_.get(std::string(kRepositoryKey));
  if (!found) fail(Code::Unavailable, kRepositoryKey, " was written and cannot be read back");
  return std::move(*found);
}

void Store::read_repository(const Bytes& bytes, const std::string& uuid) {
  const std::string key(kRepositoryKey);
  if (bytes.size() > kLargestRepositoryFile) fail(Code::DataLoss, key, " is too large");
  const auto json = parse_canonical_json(text_of(bytes), key);
  try {
    if (json.at("format").get<int64_t>() > kFormat) {
      fail(Code::FailedPrecondition, "it has format ", json.at("format").get<int64_t>(), "; this cairn knows format ",
           kFormat, ": use a newer cairn; nothing was changed");
    }
    for (const char* operation : {"read", "write", "delete"}) {
      for (const auto& feature : json.at("features").at(operation)) {
        if (feature == kSealFeature) {
          sealed_ = true;
          continue;
        }
        fail(Code::FailedPrecondition, "to ", operation, " it one must know the feature '", feature.get<std::string>(),
             "', which this cairn does not; nothing was changed");
      }
    }
    uuid_ = json.at("repository").get<std::string>();
  } catch (const nlohmann::json::exception& error) {
    fail(Code::DataLoss, key, " is damaged: ", error.what());
  }
  if (!uuid.empty() && uuid != uuid_) {
    fail(Code::FailedPrecondition, "it is the store ", uuid_, " and not a mirror of ", uuid, "; nothing was changed");
  }
  if (keys_ != nullptr && keys_->wants_seal() && !sealed_) {
    fail(Code::FailedPrecondition, "it is not sealed, and checkpoint.seal is true; nothing was changed. Name an empty ",
         "place and copy the snapshots with 'cairn snapshots sync', or leave out seal");
  }
}

std::unique_ptr<Store> Store::mirror(Backend& backend, Store& of) {
  if (of.sealed() && !backend.get(std::string(kRepositoryKey))) {
    // The place is judged as for any store, but its repo.json and keys are those of the other.
    try {
      Store(backend, OpenStore::MustExist);
    } catch (const Error& error) {
      if (error.code() != Code::NotFound) throw;
    }
    copy_key_records(of.backend(), backend);
    const auto text = of.backend().get(std::string(kRepositoryKey));
    if (!text) fail(Code::Unavailable, kRepositoryKey, " went away in the ", of.describe());
    put_repository(backend, *text);
  }
  auto store = std::make_unique<Store>(backend, OpenStore::CreateIfEmpty, of.uuid(), of.keys());
  if (store->sealed() != of.sealed()) {
    fail(Code::FailedPrecondition, "of the ", of.describe(), " and the ", store->describe(),
         " one is sealed and the other is not, though both are the store ", of.uuid(), "; nothing was changed");
  }
  if (of.sealed()) copy_key_records(of.backend(), backend);
  return store;
}

const Seal* Store::seal() {
  if (!sealed_) return nullptr;
  const std::lock_guard lock(seal_mutex_);
  if (seal_ == nullptr) {
    StoreKeys none({});
    seal_ = (keys_ == nullptr ? none : *keys_).unlock(uuid_, read_key_records(backend_), describe());
  }
  return seal_.get();
}

void Store::need_keys() {
  seal();
  if (keys_ != nullptr) keys_->signer();
}

bool Store::holds_anything() {
  const std::vector<std::string> all = keys("");
  return std::any_of(all.begin(), all.end(), [](const std::string& key) {
    return !key.starts_with(kProbePrefix) && !key.starts_with(kKeyPrefix);
  });
}

std::vector<std::string> Store::keys(const std::string& prefix) {
  std::vector<std::string> all;
  std::optional<std::string> from = "";
  while (from) {
    Page page = backend_.list(prefix, *from);
    from = page.next;
    std::move(page.keys.begin(), page.keys.end(), std::back_inserter(all));
  }
  return all;
}

std::vector<std::string> Store::runs() {
  std::set<std::string> names;
  for (const std::string& key : keys(manifest_prefix(""))) {
    if (const auto parsed = ManifestKey::parse(key)) names.insert(parsed->run);
  }
  return {names.begin(), names.end()};
}

std::vector<ManifestKey> Store::manifests(const std::string& run) {
  check_run_name(run);
  std::vector<ManifestKey> found;
  for (const std::string& key : keys(manifest_prefix(run))) {
    if (auto parsed = ManifestKey::parse(key)) found.push_back(std::move(*parsed));
  }
  std::sort(found.begin(), found.end(), [](const ManifestKey& a, const ManifestKey& b) {
    return std::pair(a.generation, a.sequence) < std::pair(b.generation, b.sequence);
  });
  return found;
}

std::optional<StoredManifest> Store::read_manifest(const ManifestKey& key) {
  const std::string what = key.key();
  const auto bytes = backend_.get(what, {0, kLargestManifest + 1});
  if (!bytes) return std::nullopt;
  StoredManifest stored = decode_manifest(*bytes, what, seal());
  if (stored.manifest.key() != key) fail(Code::DataLoss, what, " holds the snapshot ", stored.manifest.key().key());
  if (stored.manifest.repository != uuid_) {
    fail(Code::DataLoss, what, " belongs to the store ", stored.manifest.repository, " and this is ", uuid_);
  }
  if (keys_ != nullptr) keys_->check_signer(stored.signer, cat(what, " in the ", describe()));
  return stored;
}

std::optional<Bytes> Store::manifest_bytes(const ManifestKey& key) {
  const std::string what = key.key();
  auto bytes = backend_.get(what, {0, kLargestManifest + 1});
  if (bytes) check_manifest(*bytes, what);
  return bytes;
}

bool Store::put_manifest(const std::string& key, std::span<const std::byte> bytes) {
  const PutMode mode = backend_.capabilities().conditional_put ? PutMode::IfAbsent : PutMode::Replace;
  return backend_.put(key, bytes, mode) == PutResult::Written;
}

// Where puts become visible together, another writer shows himself only now.
bool Store::commit_manifest(const std::string& key) {
  try {
    backend_.commit(std::span(&key, 1));
  } catch (const Error& error) {
    if (error.code() != Code::AlreadyExists) throw;
    return false;
  }
  return true;
}

bool Store::publish(Manifest& manifest, const std::vector<Hash>& packs) {
  manifest.repository = uuid_;
  const auto bytes = encode_manifest(manifest, packs, seal(), keys_ == nullptr ? nullptr : keys_->signer());
  const std::string key = manifest.key().key();
  if (!put_manifest(key, bytes)) {
    // A repeated attempt whose first answer was lost finds its own manifest. Hints do not matter.
    const auto there = read_manifest(manifest.key());
    if (!there || there->manifest.info.id != manifest.info.id) return false;
  }
  return commit_manifest(key);
}

bool Store::publish_copy(const ManifestKey& key, std::span<const std::byte> bytes, const std::vector<Hash>& packs) {
  const std::string name = key.key();
  const auto copy = with_packs(bytes, packs, name);
  if (!put_manifest(name, copy)) {
    const auto there = manifest_bytes(key);
    if (!there || !same_but_packs(*there, copy, name)) return false;
  }
  return commit_manifest(name);
}

Hash Store::put_pack(std::span<const std::byte> bytes) {
  const Hash name = sha256(bytes);
  put_pack(name, bytes);
  return name;
}

void Store::put_pack(const Hash& name, std::span<const std::byte> bytes) {
  const std::string key = pack_key(name);
  const PackTail tail = tail_of_pack(bytes, key);
  const PutMode mode = backend_.capabilities().conditional_put ? PutMode::IfAbsent : PutMode::Replace;
  backend_.put(key, bytes, mode);
  backend_.commit(std::span(&key, 1));
  remember(name, index_of(bytes.subspan(tail.index_offset, tail.index_size), tail, key));
}

// Without a key it is known that the pack is there, and not what it holds.
std::vector<PackEntry> Store::index_of(std::span<const std::byte> index, const PackTail& tail, const std::string& key) {
  return has_key() ? parse_pack_index(index, tail, key, seal()) : std::vector<PackEntry>();
}

std::vector<PackEntry> Store::read_index(const Hash& pack, uint64_t size) {
  const std::string key = pack_key(pack);
  if (size < kPackMagicSize + kPackTailSize) fail(Code::DataLoss, key, " is damaged: ", size, " bytes are no pack");
  const uint64_t begin = size > kTailRead ? size - kTailRead : 0;
  const Bytes end = read(pack, begin, size - begin);
  const PackTail tail = parse_pack_tail(std::span(end).last(kPackTailSize), size, key);
  if (tail.index_offset >= begin) {
    return index_of(std::span(end).subspan(tail.index_offset - begin, tail.index_size), tail, key);
  }
  return index_of(read(pack, tail.index_offset, tail.index_size), tail, key);
}

bool Store::load_pack(const Hash& pack) {
  {
    const std::lock_guard lock(mutex_);
    if (pack_numbers_.contains(pack)) return true;
  }
  const auto stat = backend_.stat(pack_key(pack));
  if (!stat) return false;
  remember(pack, read_index(pack, stat->size));
  return true;
}

std::vector<Hash> Store::packs() {
  std::vector<Hash> names;
  for (const std::string& key : keys(std::string(kPackPrefix))) {
    if (const auto name = parse_pack_key(key)) names.push_back(*name);
  }
  return names;
}

void Store::remove_packs(std::span<const Hash> packs) {
  if (packs.empty()) return;
  std::vector<std::string> keys;
  for (const Hash& pack : packs) keys.push_back(pack_key(pack));
  for (const std::string& key : keys) backend_.remove(key);
  backend_.commit(keys);
  for (const Hash& pack : packs) drop_pack(pack);
}

void Store::drop_pack(const Hash& pack) {
  const std::lock_guard lock(mutex_);
  const auto it = pack_numbers_.find(pack);
  if (it == pack_numbers_.end()) return;
  for (const PackEntry& entry : entries_[it->second]) {
    const auto [begin, end] = blocks_.equal_range(entry.header.name);
    for (auto place = begin; place != end;) {
      place = place->second.pack == it->second ? blocks_.erase(place) : std::next(place);
    }
  }
  std::vector<PackEntry>().swap(entries_[it->second]);
  pack_numbers_.erase(it);
}

void Store::remove_manifest(const ManifestKey& key) {
  const std::string name = key.key();
  backend_.remove(name);
  backend_.commit(std::span(&name, 1));
}

std::vector<Hash> Store::drop_missing_packs() {
  std::set<Hash> gone;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [pack, number] : pack_numbers_) gone.insert(pack);
  }
  std::vector<Hash> there = packs();
  for (const Hash& pack : there) gone.erase(pack);
  for (const Hash& pack : gone) drop_pack(pack);
  return there;
}

std::vector<Hash> Store::load_all_packs() {
  std::vector<Hash> there = drop_missing_packs();
  for (const Hash& pack : there) {
    try {
      load_pack(pack);
    } catch (const Error& error) {
      if (error.code() != Code::DataLoss) throw;
      // A damaged pack offers no blocks; whoever needs one of them hears that it is missing.
    }
  }
  return there;
}

void Store::remember(const Hash& pack, std::vector<PackEntry> entries) {
  const std::lock_guard lock(mutex_);
  if (!pack_numbers_.emplace(pack, static_cast<uint32_t>(pack_names_.size())).second) return;
  const auto number = static_cast<uint32_t>(pack_names_.size());
  for (uint32_t i = 0; i < entries.size(); ++i) blocks_.emplace(entries[i].header.name, Where{number, i});
  pack_names_.push_back(pack);
  entries_.push_back(std::move(entries));
}

std::vector<Store::Place> Store::places(const Hash& block) {
  std::vector<Place> all;
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = blocks_.equal_range(block);
    for (auto it = begin; it != end; ++it) {
      all.push_back({pack_names_[it->second.pack], entries_[it->second.pack][it->second.entry]});
    }
  }
  std::sort(all.begin(), all.end(), [](const Place& a, const Place& b) {
    return std::tie(a.entry.header.depth, a.pack) < std::tie(b.entry.header.depth, b.pack);
  });
  return all;
}

Bytes Store::read(const Hash& pack, uint64_t offset, uint64_t length) {
  const std::string key = pack_key(pack);
  std::optional<Bytes> bytes;
  if (backend_.capabilities().ranged_get) {
    bytes = backend_.get(key, {offset, length});
  } else if ((bytes = backend_.get(key))) {
    if (offset > bytes->size()) fail(Code::DataLoss, key, " is damaged: it ends too early");
    bytes->erase(bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(offset));
    if (bytes->size() > length) bytes->resize(length);
  }
  if (!bytes) fail(Code::DataLoss, key, " is missing");
  if (bytes->size() != length) {
    fail(Code::DataLoss, key, " is damaged: ", bytes->size(), " bytes at ", offset, " where ", length, " are expected");
  }
  return std::move(*bytes);
}

}  // namespace cairn
