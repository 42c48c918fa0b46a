// A backend whose work is counted.
#pragma once
#include <cstdint>
#include <mutex>

#include "backend/forwarding.h"

namespace cairn {

struct Traffic {
  uint64_t operations = 0;  // all kinds, each attempt
  uint64_t failures = 0;    // of them
  uint64_t put_bytes = 0, got_bytes = 0;
  double seconds = 0;  // from call to answer, of all threads together
};

// [any thread] Borrows the backend.
class Measured final : public ForwardingBackend {
 public:
  using ForwardingBackend::ForwardingBackend;
  Traffic traffic() const;

  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override;
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override;
  Page list(const std::string& prefix, const std::string& from) override;
  std::optional<ObjectStat> stat(const std::string& key) override;
  void remove(const std::string& key) override;
  void commit(std::span<const std::string> keys) override;

 private:
  class Count;
  mutable std::mutex mutex_;
  Traffic traffic_;  // guarded by mutex_
};

}  // namespace cairn
