#include "base/parallel.h"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <numeric>
#include <system_error>
#include <thread>
#include <vector>

namespace cairn {

namespace {

thread_local double helpers_seconds = 0;

double own_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

double cpu_seconds_of_this_thread() {
  return own_seconds() + helpers_seconds;
}

int machine_threads() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void parallel_for(size_t count, int threads, const std::function<void(size_t)>& body) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::exception_ptr first;  // guarded by mutex
  const auto work = [&] {
    for (size_t i = next++; i < count; i = next++) {
      try {
        body(i);
      } catch (...) {
        next = count;
        const std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
      }
    }
  };
  const size_t helpers = std::min<size_t>(static_cast<size_t>(std::max(threads, 1)), count) - (count > 0 ? 1 : 0);
  std::vector<double> seconds(helpers);
  std::vector<std::thread> pool;
  pool.reserve(helpers);
  try {
    for (double& each : seconds) {
      pool.emplace_back([&] {
        work();
        each = cpu_seconds_of_this_thread();
      });
    }
  } catch (const std::system_error&) {
    // The system gives no more threads; those that there are do the work.
  }
  work();
  for (std::thread& thread : pool) thread.join();
  helpers_seconds = std::accumulate(seconds.begin(), seconds.end(), helpers_seconds);
  if (first) std::rethrow_exception(first);
}

}  // namespace cairn
