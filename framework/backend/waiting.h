// How those wait that stand before a backend. Tests put a clock of their own in its place.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>

namespace cairn {

// [any thread]
struct Waiting {
  using Clock = std::chrono::steady_clock;
  std::function<Clock::time_point()> now;
  std::function<bool(Clock::duration)> rest;  // false: it was ended early
};

// `stop` ends a pause, and every later one; null: nothing does. Borrowed.
Waiting real_waiting(const std::atomic<bool>* stop);

}  // namespace cairn
