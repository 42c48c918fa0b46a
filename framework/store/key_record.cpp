#include "store/key_record.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>

#include <cairn/error.h>

#include "base/text_bytes.h"
#include "store/canonical_json.h"

namespace cairn {

namespace {

using Json = nlohmann::json;
constexpr int kFormat = 1;
constexpr size_t kIdBytes = 8;
constexpr size_t kLongestLabel = 64;
constexpr uint64_t kLargestRecord = 1u << 20;
constexpr size_t kMostRecords = 1000;
constexpr std::string_view kEnd = ".json";

std::string purpose(const std::string& repository) {
  return cat("cairn ring 1 ", repository);
}

std::vector<std::byte> bytes_from(const Json& value) {
  const auto raw = from_hex(value.get_ref<const std::string&>());
  if (!raw) fail(Code::DataLoss, "what should be hexadecimal digits is not");
  const auto* begin = reinterpret_cast<const std::byte*>(raw->data());
  return {begin, begin + raw->size()};
}

template <size_t N>
std::array<uint8_t, N> fixed(const Json& value) {
  const auto bytes = bytes_from(value);
  std::array<uint8_t, N> out{};
  if (bytes.size() != N) fail(Code::DataLoss, "a key has ", bytes.size(), " bytes where ", N, " are expected");
  std::memcpy(out.data(), bytes.data(), N);
  return out;
}

template <class T>
T number(const Json& value) {
  const auto found = value.get<int64_t>();
  if (found < 0 || static_cast<uint64_t>(found) > std::numeric_limits<T>::max()) {
    fail(Code::DataLoss, found, " is out of bounds");
  }
  return static_cast<T>(found);
}

bool is_label(std::string_view text) {
  return text.size() <= kLongestLabel &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ._@-") ==
             std::string_view::npos;
}

KeyRecord from_json(const Json& json) {
  KeyRecord record;
  if (number<int>(json.at("format")) != kFormat) {
    fail(Code::FailedPrecondition, "it has format ", json.at("format").dump(), ": use a newer cairn");
  }
  const auto kind = json.at("kind").get<std::string>();
  record.label = json.at("label").get<std::string>();
  if (!is_label(record.label)) fail(Code::DataLoss, "its label is out of bounds");
  record.recipient = fixed<sizeof(PublicKey)>(json.at("recipient"));
  record.newest = number<uint32_t>(json.at("newest"));
  record.ring = bytes_from(json.at("ring"));
  if (kind == name_of(KeyRecord::Kind::Passphrase)) {
    record.kind = KeyRecord::Kind::Passphrase;
    record.cost.salt = fixed<sizeof(PassphraseCost::salt)>(json.at("salt"));
    record.cost.passes = number<uint32_t>(json.at("passes"));
    record.cost.memory_bytes = number<uint64_t>(json.at("memory"));
  } else if (kind == name_of(KeyRecord::Kind::Command)) {
    record.kind = KeyRecord::Kind::Command;
    record.wrapped_identity = bytes_from(json.at("identity"));
  } else if (kind != name_of(KeyRecord::Kind::Key)) {
    fail(Code::FailedPrecondition, "it is of the kind '", kind, "': use a newer cairn");
  }
  return record;
}

}  // namespace

std::string_view name_of(KeyRecord::Kind kind) {
  switch (kind) {
    case KeyRecord::Kind::Key:
      return "key";
    case KeyRecord::Kind::Passphrase:
      return "passphrase";
    case KeyRecord::Kind::Command:
      break;
  }
  return "command";
}

std::string KeyRecord::id() const {
  return sha256(std::as_bytes(std::span(recipient))).hex().substr(0, 2 * kIdBytes);
}

std::string KeyRecord::key() const {
  return cat(kKeyPrefix, id(), kEnd);
}

void KeyRecord::wrap(const Seal& seal) {
  newest = seal.newest();
  ring = wrap_for(recipient, seal.ring().bytes(), purpose(seal.repository()));
}

std::string key_record_text(const KeyRecord& record) {
  if (!is_label(record.label)) {
    fail(Code::InvalidArgument, "label '", record.label, "': expected at most ", kLongestLabel,
         " of A-Z a-z 0-9 space . _ @ -");
  }
  Json json{{"format", kFormat},       {"kind", name_of(record.kind)},
            {"label", record.label},   {"recipient", to_hex(std::as_bytes(std::span(record.recipient)))},
            {"newest", record.newest}, {"ring", to_hex(record.ring)}};
  if (record.kind == KeyRecord::Kind::Passphrase) {
    json["salt"] = to_hex(std::as_bytes(std::span(record.cost.salt)));
    json["passes"] = record.cost.passes;
    json["memory"] = record.cost.memory_bytes;
  }
  if (record.kind == KeyRecord::Kind::Command) json["identity"] = to_hex(record.wrapped_identity);
  return canonical_json(json);
}

KeyRecord parse_key_record(std::string_view text, const std::string& what) {
  const Json json = parse_canonical_json(text, what);
  try {
    return from_json(json);
  } catch (const Json::exception& error) {
    fail(Code::DataLoss, what, " is damaged: ", error.what());
  } catch (const Error& error) {
    fail(error.code(), what, ": ", error.message());
  }
}

std::vector<KeyRecord> read_key_records(Backend& backend) {
  std::vector<KeyRecord> records;
  std::optional<std::string> from = "";
  while (from) {
    const Page page = backend.list(std::string(kKeyPrefix), *from);
    from = page.next;
    for (const std::string& key : page.keys) {
      if (!key.ends_with(kEnd)) continue;
      if (records.size() == kMostRecords) fail(Code::DataLoss, "a store has at most ", kMostRecords, " keys");
      const auto bytes = backend.get(key, {0, kLargestRecord});
      if (!bytes) continue;  // removed meanwhile
      KeyRecord record = parse_key_record({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, key);
      if (record.key() != key) fail(Code::DataLoss, key, " is damaged: it holds the key ", record.id());
      records.push_back(std::move(record));
    }
  }
  return records;
}

void write_key_record(Backend& backend, const KeyRecord& record) {
  const std::string key = record.key();
  backend.put(key, bytes_of(key_record_text(record)), PutMode::Replace);
  backend.commit(std::span(&key, 1));
}

void copy_key_records(Backend& from, Backend& to) {
  std::set<std::string> there;
  for (const KeyRecord& record : read_key_records(to)) there.insert(key_record_text(record));
  for (const KeyRecord& record : read_key_records(from)) {
    if (!there.contains(key_record_text(record))) write_key_record(to, record);
  }
}

void remove_key_record(Backend& backend, const KeyRecord& record) {
  const std::string key = record.key();
  backend.remove(key);
  backend.commit(std::span(&key, 1));
}

std::optional<Seal> open_key_record(const KeyRecord& record, const Identity& identity, const std::string& repository) {
  if (identity.recipient() != record.recipient) return std::nullopt;
  const auto ring = identity.unwrap(record.ring, purpose(repository));
  if (!ring) return std::nullopt;
  return Seal::from_ring(repository, ring->bytes(), record.key());
}

}  // namespace cairn
