#include "checkpoint/pipeline/mirror.h"

#include <algorithm>

#include <cairn/error.h>

#include "base/priority.h"
#include "checkpoint/pipeline/copy.h"

namespace cairn {

Mirror::Mirror(Store& from, Store& to, std::string run, Logger& log)
    : from_(from), to_(to), run_(std::move(run)), log_(log), thread_([this] { work(); }) {}

Mirror::~Mirror() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Mirror::push(const ManifestKey& key) {
  {
    const std::lock_guard lock(mutex_);
    queue_.insert(queue_.begin(), failed_.begin(), failed_.end());
    failed_.clear();
    queue_.push_back(key);
  }
  changed_.notify_all();
}

void Mirror::catch_up() {
  try {
    const auto mine = from_.manifests(run_);
    const auto theirs = to_.manifests(run_);
    const auto order = [](const ManifestKey& key) { return std::pair(key.generation, key.sequence); };
    for (const ManifestKey& key : mine) {
      if (theirs.empty() || order(key) > order(theirs.back())) push(key);
    }
  } catch (const Error& error) {
    log_.warn("cannot compare the ", from_.describe(), " with its mirror: ", error.what());
  }
}

void Mirror::flush() {
  std::unique_lock lock(mutex_);
  queue_.insert(queue_.begin(), failed_.begin(), failed_.end());
  failed_.clear();
  changed_.notify_all();
  changed_.wait(lock, [&] { return queue_.empty() && !busy_; });
}

std::vector<ManifestKey> Mirror::waiting() const {
  const std::lock_guard lock(mutex_);
  auto all = queue_;
  all.insert(all.end(), failed_.begin(), failed_.end());
  return all;
}

// Whether it need not be tried again.
bool Mirror::copy(const ManifestKey& key) {
  try {
    copy_snapshot(from_, to_, key);
    return true;
  } catch (const Error& error) {
    if (error.code() == Code::NotFound) return true;  // forgotten before it could be copied
    log_.warn("snapshot ", key.sequence, " of run '", key.run, "' did not reach the ", to_.describe(), ": ",
              error.what());
    return false;
  }
}

void Mirror::work() {
  lower_priority();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    const ManifestKey key = queue_.back();
    busy_ = true;
    lock.unlock();
    const bool done = copy(key);
    lock.lock();
    busy_ = false;
    std::erase(queue_, key);
    if (!done) failed_.push_back(key);
    changed_.notify_all();
  }
}

}  // namespace cairn
