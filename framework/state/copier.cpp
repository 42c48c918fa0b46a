#include "state/copier.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/stream_copy.h"

namespace cairn {

namespace {

constexpr size_t kBatch = 1u << 20;  // bytes that one thread copies at a time

}  // namespace

Copier::~Copier() {
  wait();
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Copier::add(std::byte* to, const std::byte* from, size_t size) {
  for (size_t at = 0; at < size; at += kBatch) {
    const size_t part = std::min(kBatch, size - at);
    named_.push_back({to + at, from + at, part});
    named_bytes_ += part;
    if (named_bytes_ >= kBatch) hand_over();
  }
}

void Copier::hand_over() {
  if (named_.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::exchange(named_, {}));
  }
  named_bytes_ = 0;
  changed_.notify_one();
  if (!thread_.joinable()) begin();
}

// Without the thread, everything is copied at the end.
void Copier::begin() noexcept {
  try {
    thread_ = std::thread([this] { work(); });
  } catch (const std::system_error&) {
  }
}

// False when nothing waits.
bool Copier::copy_one() {
  std::unique_lock lock(mutex_);
  if (waiting_.empty()) return false;
  const Batch batch = std::move(waiting_.front());
  waiting_.pop_front();
  ++running_;
  lock.unlock();
  for (const Piece& piece : batch) stream_copy(piece.to, piece.from, piece.size);
  lock.lock();
  --running_;
  if (waiting_.empty() && running_ == 0) changed_.notify_all();
  return true;
}

void Copier::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stop_ || !waiting_.empty(); });
    if (stop_) return;
    lock.unlock();
    copy_one();
    lock.lock();
  }
}

void Copier::finish() {
  hand_over();
  at::parallel_for(0, at::get_num_threads(), 1, [&](int64_t, int64_t) {
    while (copy_one()) continue;
  });
  wait();
}

void Copier::wait() noexcept {
  hand_over();
  while (copy_one()) continue;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.empty() && running_ == 0; });
}

}  // namespace cairn
