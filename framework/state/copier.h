// Copies bytes while more are being named: a thread of its own begins at once, the others help at the end.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn {

// [one thread calls]
class Copier {
 public:
  Copier() = default;
  ~Copier();
  Copier(const Copier&) = delete;
  Copier& operator=(const Copier&) = delete;

  // Copied when finish() or wait() returns. Until then nobody may change or free either side.
  void add(std::byte* to, const std::byte* from, size_t size);
  void finish();         // with the threads that LibTorch computes with
  void wait() noexcept;  // with the caller's

 private:
  struct Piece {
    std::byte* to;
    const std::byte* from;
    size_t size;
  };
  using Batch = std::vector<Piece>;
  void hand_over();
  void begin() noexcept;
  bool copy_one();
  void work();

  Batch named_;  // not handed over yet
  size_t named_bytes_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> waiting_;  // guarded by mutex_
  int running_ = 0;            // guarded by mutex_
  bool stop_ = false;          // guarded by mutex_
  std::thread thread_;         // begins with the first batch
};

}  // namespace cairn
