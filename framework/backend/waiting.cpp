#include "backend/waiting.h"

#include <algorithm>
#include <thread>

namespace cairn {

namespace {

constexpr std::chrono::milliseconds kLook{50};

}  // namespace

Waiting real_waiting(const std::atomic<bool>* stop) {
  using Clock = Waiting::Clock;
  const auto rest = [stop](Clock::duration time) {
    const auto stopped = [stop] { return stop != nullptr && *stop; };
    for (const auto end = Clock::now() + time; Clock::now() < end && !stopped();)
      std::this_thread::sleep_for(std::min<Clock::duration>(kLook, end - Clock::now()));
    return !stopped();
  };
  return {[] { return Clock::now(); }, rest};
}

}  // namespace cairn
