#include "backend/rate_limit.h"

#include <algorithm>

namespace cairn {

using Clock = Waiting::Clock;

RateLimited::RateLimited(Backend& backend, double bytes_per_second, Waiting waiting)
    : ForwardingBackend(backend), rate_(bytes_per_second), waiting_(std::move(waiting)), free_at_(waiting_.now()) {}

void RateLimited::wait_for_turn() {
  if (rate_ <= 0) return;
  Clock::duration time{};
  {
    const std::lock_guard lock(mutex_);
    time = free_at_ - waiting_.now();
  }
  if (time > Clock::duration::zero()) waiting_.rest(time);
}

void RateLimited::pay(uint64_t bytes) {
  if (rate_ <= 0) return;
  const std::lock_guard lock(mutex_);
  free_at_ =
      std::max(free_at_, waiting_.now()) +
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(static_cast<double>(bytes) / rate_));
}

// What the transfer itself took counts: the price is fixed before it begins.
PutResult RateLimited::put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) {
  wait_for_turn();
  pay(bytes.size());
  return inner_.put(key, bytes, mode);
}

std::optional<Bytes> RateLimited::get(const std::string& key, const ByteRange& range) {
  wait_for_turn();
  auto bytes = inner_.get(key, range);
  if (bytes) pay(bytes->size());
  return bytes;
}

}  // namespace cairn
