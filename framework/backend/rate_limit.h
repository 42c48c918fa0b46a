// A backend that takes no more bytes a second than it may.
#pragma once
#include <mutex>

#include "backend/forwarding.h"
#include "backend/waiting.h"

namespace cairn {

// [any thread] Borrows the backend. Over any long time the bytes put and got stay below the rate; a single object goes
// at the line's speed and is paid for afterwards.
class RateLimited final : public ForwardingBackend {
 public:
  RateLimited(Backend& backend, double bytes_per_second, Waiting waiting);  // rate 0: none

  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override;
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override;

 private:
  void wait_for_turn();
  void pay(uint64_t bytes);

  double rate_;
  Waiting waiting_;
  std::mutex mutex_;  // guards free_at_
  Waiting::Clock::time_point free_at_;
};

}  // namespace cairn
