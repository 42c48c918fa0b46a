// A loop over several threads that lasts as long as the call.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace cairn {

// Calls body(i) for 0 <= i < count, from up to `threads` threads, the caller's among them, lower i begun first. Returns
// when all are done. The first exception ends the loop early and is thrown here.
void parallel_for(size_t count, int threads, const std::function<void(size_t)>& body);

// Makes a value for each 0 <= i < count, several at once, and gives them to `take` in the order of their numbers, one
// at a time. At most `ahead` values and one for each thread wait for their turn. As parallel_for otherwise.
template <class T>
void parallel_in_order(size_t count, int threads, size_t ahead, const std::function<T(size_t)>& make,
                       const std::function<void(const T&)>& take) {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<size_t, T> made;
  size_t next = 0;
  bool failed = false;
  parallel_for(count, threads, [&](size_t i) {
    try {
      T one = make(i);
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return failed || i < next + ahead; });
      if (failed) return;
      made.emplace(i, std::move(one));
      for (auto it = made.find(next); it != made.end(); it = made.find(++next)) take(made.extract(it).mapped());
      changed.notify_all();
    } catch (...) {
      const std::lock_guard lock(mutex);
      failed = true;
      changed.notify_all();
      throw;
    }
  });
}

int machine_threads();  // at least 1

// Processor time of the calling thread since it began, with that of the threads that parallel_for ran for it.
double cpu_seconds_of_this_thread();

}  // namespace cairn
