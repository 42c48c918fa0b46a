// Kind backend: bytes under keys. Knows nothing of snapshots.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <cairn/plugin.h>

namespace cairn {

using Bytes = std::vector<std::byte>;

enum class PutMode { Replace, IfAbsent };
enum class PutResult { Written, Existed };  // Existed: only with IfAbsent; nothing was changed

struct ByteRange {
  uint64_t offset = 0;
  std::optional<uint64_t> length;  // to the end when empty
};

struct ObjectStat {
  uint64_t size = 0;
  std::chrono::system_clock::time_point modified;  // the store's clock; for people and grace periods
};

// Keys in rising byte order. `next` is where the following page begins; empty at the end.
struct Page {
  std::vector<std::string> keys;
  std::optional<std::string> next;
};

// What may be relied on; a test suite runs only what is declared.
struct Capabilities {
  bool conditional_put = false;  // IfAbsent is atomic among all writers
  bool ranged_get = false;
  bool remove = true;
  bool leases = false;        // fit for leases: conditional_put and read-after-write
  bool batch_commit = false;  // puts become visible together, by commit()
};

// [io, concurrent] A key is '/'-separated parts of [A-Za-z0-9._=+@-], no part "." or "..", at most 900 bytes.
// A put has happened durably and wholly when it returns (with batch_commit: when commit returns), or not at all.
// Absent objects are values, not errors. PermissionDenied is final; Unavailable may be retried.
class CAIRN_API Backend : public Plugin {
 public:
  ~Backend() override;
  virtual PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) = 0;
  virtual std::optional<Bytes> get(const std::string& key, const ByteRange& range = {}) = 0;
  virtual Page list(const std::string& prefix,
                    const std::string& from = {}) = 0;  // keys >= from that begin with prefix
  virtual std::optional<ObjectStat> stat(const std::string& key) = 0;
  virtual void remove(const std::string& key) = 0;  // absent is fine
  virtual void commit(std::span<const std::string> keys) { (void)keys; }
  virtual Capabilities capabilities() const = 0;
  virtual std::string describe() const = 0;  // for messages: "local folder /data/store"; no secrets
};

template <class Class, class Params = NoParams>
FactoryBuilder<Class, Params> backend(std::string type, std::string help) {
  return {Kind::Backend, std::move(type), std::move(help)};
}

}  // namespace cairn
