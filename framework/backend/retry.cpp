#include "backend/retry.h"

#include <algorithm>

#include <cairn/error.h>

namespace cairn {

namespace {

using Clock = Waiting::Clock;

constexpr std::chrono::milliseconds kFirstPause{100}, kLongestPause{5000};

}  // namespace

Retrying::Retrying(Backend& backend, std::chrono::duration<double> give_up, Waiting waiting)
    : ForwardingBackend(backend),
      give_up_(std::chrono::duration_cast<Clock::duration>(give_up)),
      waiting_(std::move(waiting)) {}

// attempt(again): whether it is not the first.
template <class Attempt>
auto Retrying::repeat(const Attempt& attempt) {
  const Clock::time_point begin = waiting_.now();
  bool again = false;
  for (Clock::duration pause = kFirstPause;; pause = std::min<Clock::duration>(2 * pause, kLongestPause)) {
    try {
      return attempt(again);
    } catch (const Error& error) {
      if (error.code() != Code::Unavailable || waiting_.now() + pause > begin + give_up_) throw;
      if (!waiting_.rest(pause)) throw;
    }
    again = true;
  }
}

PutResult Retrying::put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) {
  return repeat([&](bool again) {
    const PutResult result = inner_.put(key, bytes, mode);
    if (result == PutResult::Written || !again) return result;
    const auto there = inner_.get(key, {});
    return there && std::equal(there->begin(), there->end(), bytes.begin(), bytes.end()) ? PutResult::Written : result;
  });
}

std::optional<Bytes> Retrying::get(const std::string& key, const ByteRange& range) {
  return repeat([&](bool) { return inner_.get(key, range); });
}

Page Retrying::list(const std::string& prefix, const std::string& from) {
  return repeat([&](bool) { return inner_.list(prefix, from); });
}

std::optional<ObjectStat> Retrying::stat(const std::string& key) {
  return repeat([&](bool) { return inner_.stat(key); });
}

void Retrying::remove(const std::string& key) {
  repeat([&](bool) { inner_.remove(key); });
}

void Retrying::commit(std::span<const std::string> keys) {
  repeat([&](bool) { inner_.commit(keys); });
}

}  // namespace cairn
