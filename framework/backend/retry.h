// A backend that is asked again when it could not answer.
#pragma once
#include <chrono>
#include <functional>

#include "backend/forwarding.h"
#include "backend/waiting.h"

namespace cairn {

// [any thread] Borrows the backend. Only what is Unavailable is tried again, after 0.1 s, 0.2 s, ... at most 5 s, as
// long as the next attempt begins within `give_up` of the first; then the last error stands. A conditional put whose
// answer was lost is told from one that somebody else won by the bytes that are there.
class Retrying final : public ForwardingBackend {
 public:
  Retrying(Backend& backend, std::chrono::duration<double> give_up, Waiting waiting);

  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override;
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override;
  Page list(const std::string& prefix, const std::string& from) override;
  std::optional<ObjectStat> stat(const std::string& key) override;
  void remove(const std::string& key) override;
  void commit(std::span<const std::string> keys) override;

 private:
  template <class Attempt>
  auto repeat(const Attempt& attempt);

  Waiting::Clock::duration give_up_;
  Waiting waiting_;
};

}  // namespace cairn
