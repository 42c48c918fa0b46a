// keys/<id>.json: one who may open a sealed store, and the store's master keys wrapped for him. docs/format/seal.md.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cairn/backend.h>

#include "store/seal/identity.h"
#include "store/seal/seal.h"

namespace cairn {

inline constexpr std::string_view kKeyPrefix = "keys/";

// Key: a key file, or whatever else keeps an identity. Passphrase: the identity follows from it. Command: the identity
// stands in the record as the user's program has wrapped it. [value]
struct KeyRecord {
  enum class Kind { Key, Passphrase, Command } kind = Kind::Key;
  std::string label;  // for people: [A-Za-z0-9 ._@-]{0,64}
  PublicKey recipient{};
  PassphraseCost cost;
  std::vector<std::byte> wrapped_identity;
  uint32_t newest = 0;          // number of the newest master key in the ring
  std::vector<std::byte> ring;  // of the seal, wrapped for the recipient

  std::string id() const;   // 16 hex digits, from the recipient
  std::string key() const;  // keys/<id>.json
  void wrap(const Seal& seal);
};
std::string_view name_of(KeyRecord::Kind kind);  // "key", "passphrase", "command"

std::string key_record_text(const KeyRecord& record);
KeyRecord parse_key_record(std::string_view text, const std::string& what);  // DataLoss

// Those of a store, in the order of their ids. They touch nothing else, however large the store is.
std::vector<KeyRecord> read_key_records(Backend& backend);
void write_key_record(Backend& backend, const KeyRecord& record);
// Those of `from` that `to` lacks, or has otherwise. Takes none away.
void copy_key_records(Backend& from, Backend& to);
void remove_key_record(Backend& backend, const KeyRecord& record);

// The seal that a record holds for this identity; empty when it is another one's, or of another store.
std::optional<Seal> open_key_record(const KeyRecord& record, const Identity& identity, const std::string& repository);

}  // namespace cairn
