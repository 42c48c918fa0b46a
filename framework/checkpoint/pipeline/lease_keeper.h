// The lease by which this process writes a run, renewed by a thread of its own: one save may take longer than a lease
// lasts, and nobody must take over a run that is alive.
#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <cairn/log.h>

#include "store/lease.h"

namespace cairn {

inline constexpr std::chrono::milliseconds kRenewEvery{30'000};

// [any thread] Borrows the store and the log.
class LeaseKeeper {
 public:
  LeaseKeeper(Store& store, std::string run, Logger& log, std::chrono::milliseconds every = kRenewEvery);
  ~LeaseKeeper();  // renews no more; what is held expires, unless it was released

  // A new generation, higher than `above`; in place of the one that is held, if there is one. Errors as
  // WriterLease::claim.
  void claim(int64_t above);
  // What claim() would refuse with; empty when it would not, or a lease is held.
  std::optional<Error> refusal();
  int64_t generation() const;  // 0: none is held
  // Why this process must write no more: another has taken the run over. Empty when it may.
  std::optional<Error> overtaken();
  void release();  // the next writer need not wait

 private:
  void work();
  void renew();

  Store& store_;
  const std::string run_;
  Logger& log_;
  const std::chrono::milliseconds every_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::unique_ptr<WriterLease> lease_;
  std::string trouble_;  // of the newest renewal; said when it is another one than before
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace cairn
