#include "backend/rate_limit.h"

#include <algorithm>
#include <thread>

namespace cairn {

namespace {

constexpr std::chrono::milliseconds kLook{50};

RateLimited::Rest rest_until(const std::atomic<bool>* stop) {
  return [stop](RateLimited::Clock::duration time) {
    const auto end = RateLimited::Clock::now() + time;
    while (RateLimited::Clock::now() < end && (stop == nullptr || !*stop)) {
      std::this_thread::sleep_for(std::min<RateLimited::Clock::duration>(kLook, end - RateLimited::Clock::now()));
    }
  };
}

}  // namespace

RateLimited::RateLimited(Backend& backend, double bytes_per_second, const std::atomic<bool>* stop)
    : RateLimited(
          backend, bytes_per_second, [] { return Clock::now(); }, rest_until(stop)) {}

RateLimited::RateLimited(Backend& backend, double bytes_per_second, Now now, Rest rest)
    : backend_(backend), rate_(bytes_per_second), now_(std::move(now)), rest_(std::move(rest)), free_at_(now_()) {}

void RateLimited::wait_for_turn() {
  if (rate_ <= 0) return;
  Clock::duration time{};
  {
    const std::lock_guard lock(mutex_);
    time = free_at_ - now_();
  }
  if (time > Clock::duration::zero()) rest_(time);
}

void RateLimited::pay(uint64_t bytes) {
  if (rate_ <= 0) return;
  const std::lock_guard lock(mutex_);
  free_at_ = std::max(free_at_, now_()) + std::chrono::duration_cast<Clock::duration>(
                                              std::chrono::duration<double>(static_cast<double>(bytes) / rate_));
}

// What the transfer itself took counts: the price is fixed before it begins.
PutResult RateLimited::put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) {
  wait_for_turn();
  pay(bytes.size());
  return backend_.put(key, bytes, mode);
}

std::optional<Bytes> RateLimited::get(const std::string& key, const ByteRange& range) {
  wait_for_turn();
  auto bytes = backend_.get(key, range);
  if (bytes) pay(bytes->size());
  return bytes;
}

}  // namespace cairn
