#include "checkpoint/pipeline/lease_keeper.h"

namespace cairn {

LeaseKeeper::LeaseKeeper(Store& store, std::string run, Logger& log, std::chrono::milliseconds every)
    : store_(store), run_(std::move(run)), log_(log), every_(every), thread_([this] { work(); }) {}

LeaseKeeper::~LeaseKeeper() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void LeaseKeeper::claim(int64_t above) {
  const std::lock_guard lock(mutex_);
  lease_ = std::make_unique<WriterLease>(WriterLease::claim(store_, run_, LeaseOwner::self(), above));
}

std::optional<Error> LeaseKeeper::refusal() {
  const std::lock_guard lock(mutex_);
  return lease_ == nullptr ? WriterLease::refusal(store_, run_) : std::nullopt;
}

int64_t LeaseKeeper::generation() const {
  const std::lock_guard lock(mutex_);
  return lease_ == nullptr ? 0 : lease_->generation();
}

std::optional<Error> LeaseKeeper::overtaken() {
  const std::lock_guard lock(mutex_);
  return lease_ == nullptr ? std::nullopt : lease_->overtaken();
}

void LeaseKeeper::release() {
  const std::lock_guard lock(mutex_);
  if (lease_ != nullptr) lease_->release();
  lease_.reset();
}

void LeaseKeeper::work() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, every_, [&] { return stop_; })) {
    if (lease_ != nullptr) renew();
  }
}

// The caller holds the mutex.
void LeaseKeeper::renew() {
  try {
    lease_->renew();
    trouble_.clear();
  } catch (const std::exception& error) {
    if (trouble_ == error.what()) return;
    trouble_ = error.what();
    log_.warn("the lease of run '", run_, "' could not be renewed: ", trouble_, "; it is tried again");
  }
}

}  // namespace cairn
