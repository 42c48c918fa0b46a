#include "s3/part_hashes.h"

#include <algorithm>
#include <thread>

#include "s3/sigv4.h"

namespace cairn::s3 {

namespace {

constexpr size_t kMostAtOnce = 4;  // threads

}  // namespace

PartHashes::PartHashes(std::vector<std::span<const std::byte>> parts)
    : parts_(std::move(parts)), hashes_(parts_.size()), work_(parts_.size()) {}

void PartHashes::begin(size_t part) {
  const size_t at_once = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMostAtOnce);
  const size_t end = std::min(part + at_once, parts_.size());
  for (size_t i = part; i < end; ++i) {
    if (!work_[i].valid()) work_[i] = std::async(std::launch::async, [this, i] { compute(i); });
  }
}

void PartHashes::compute(size_t part) {
  std::string hash;
  std::exception_ptr failure;
  try {
    hash = sha256_hex(parts_[part]);
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  hashes_[part] = std::move(hash);
  if (failure) failure_ = failure;
  changed_.notify_all();
  if (call_) call_();
}

std::optional<std::string> PartHashes::ask(size_t part) {
  begin(part);
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
  return hashes_[part].empty() ? std::nullopt : std::optional(hashes_[part]);
}

std::string PartHashes::wait_for(size_t part) {
  begin(part);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failure_ || !hashes_[part].empty(); });
  if (failure_) std::rethrow_exception(failure_);
  return hashes_[part];
}

void PartHashes::when_known(std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  call_ = std::move(call);
}

}  // namespace cairn::s3
