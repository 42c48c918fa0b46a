// The lock of a sealed store: XChaCha20-Poly1305 with random nonces under the store's master keys, and names that tell
// nothing. docs/format/seal.md.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "store/seal/locked_bytes.h"

namespace cairn {

// [any thread] One or more master keys, each with the number of its epoch: what is written uses the newest, what is
// read the one that it names.
class Seal {
 public:
  static constexpr size_t kFront = 4 + 24;          // epoch, nonce
  static constexpr size_t kOverhead = kFront + 16;  // and a tag behind

  static Seal create(std::string repository);  // one key, of epoch 1
  // As ring() writes it. DataLoss, naming `what`, for anything else.
  static Seal from_ring(std::string repository, std::span<const std::byte> ring, const std::string& what);
  Seal with_new_key() const;  // of the next epoch; the old ones stay readable
  LockedBytes ring() const;
  uint32_t newest() const { return masters_.back().epoch; }
  const std::string& repository() const { return repository_; }
  Hash fingerprint() const;  // of the first key: the same for all rings of a store

  // A name that follows from `name` and the key of an epoch, and tells nothing without the key.
  Hash name_of(uint32_t epoch, const Hash& name) const;

  // `kind` and `name` are what the bytes are said to be; bytes that were closed as something else, or in another
  // repository, do not open.
  std::vector<std::byte> close(std::string_view kind, std::string_view name, std::span<const std::byte> plain) const;
  // The same where it lies: `room` is kFront bytes, what is to be closed, and the tag's 16; all are written.
  void close_in_place(std::string_view kind, std::string_view name, std::span<std::byte> room) const;
  // Opens in place: the result is a part of `sealed`. DataLoss naming `what`, also for an epoch whose key is missing.
  std::span<std::byte> open(std::string_view kind, std::string_view name, std::span<std::byte> sealed,
                            const std::string& what) const;
  static uint32_t epoch_of(std::span<const std::byte> sealed);  // 0 when too short

 private:
  struct Master {
    uint32_t epoch;
    LockedBytes key, sealing, naming;
  };
  explicit Seal(std::string repository) : repository_(std::move(repository)) {}
  void add(uint32_t epoch, LockedBytes key);
  const Master& master(uint32_t epoch, const std::string& what) const;
  std::string context(std::string_view kind, std::string_view name) const;
  std::string repository_;
  std::vector<Master> masters_;  // epochs rise
};

}  // namespace cairn
