// A backend that takes no more bytes a second than it may.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>

#include <cairn/backend.h>

namespace cairn {

// [any thread] Borrows the backend. Over any long time the bytes put and got stay below the rate; a single object goes
// at the line's speed and is paid for afterwards.
class RateLimited final : public Backend {
 public:
  using Clock = std::chrono::steady_clock;
  using Now = std::function<Clock::time_point()>;
  using Rest = std::function<void(Clock::duration)>;
  // rate 0: none. `stop` ends a pause; null: nothing does.
  RateLimited(Backend& backend, double bytes_per_second, const std::atomic<bool>* stop);
  RateLimited(Backend& backend, double bytes_per_second, Now now, Rest rest);

  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override;
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override;
  Page list(const std::string& prefix, const std::string& from) override { return backend_.list(prefix, from); }
  std::optional<ObjectStat> stat(const std::string& key) override { return backend_.stat(key); }
  void remove(const std::string& key) override { backend_.remove(key); }
  void commit(std::span<const std::string> keys) override { backend_.commit(keys); }
  Capabilities capabilities() const override { return backend_.capabilities(); }
  std::string describe() const override { return backend_.describe(); }

 private:
  void wait_for_turn();
  void pay(uint64_t bytes);

  Backend& backend_;
  double rate_;
  Now now_;
  Rest rest_;
  std::mutex mutex_;  // guards free_at_
  Clock::time_point free_at_;
};

}  // namespace cairn
