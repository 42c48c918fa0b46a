// Resized pictures in memory, each made once when it is first asked for. Bounded by its number of slots.
#pragma once
#include <array>
#include <functional>
#include <mutex>
#include <vector>

#include <opencv2/core.hpp>

namespace cairn {

// [worker, concurrent] Pictures are shared, never copied; whoever writes must clone (Sample::writable).
class RamCache {
 public:
  explicit RamCache(size_t size) : pictures_(size) {}
  // Two threads that miss the same slot at once both call `make`; the first result stays.
  cv::Mat get(size_t index, const std::function<cv::Mat()>& make) {
    std::mutex& guard = guards_[index % guards_.size()];
    {
      const std::lock_guard lock(guard);
      if (!pictures_[index].empty()) return pictures_[index];
    }
    cv::Mat made = make();
    const std::lock_guard lock(guard);
    if (pictures_[index].empty()) pictures_[index] = made;
    return pictures_[index];
  }

 private:
  std::array<std::mutex, 64> guards_;  // of pictures_[i] where i % 64 is the guard's index
  std::vector<cv::Mat> pictures_;
};

}  // namespace cairn
