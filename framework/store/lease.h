// One writer per run. Each process that writes snapshots of a run claims a generation, higher than every one before, as
// a chain of write-once objects leases/<run>/<generation>-<n>.json; the newest of the chain says who owns it. A writer
// that finds a higher generation than its own has been overtaken and stops: it can never write a name that another
// uses.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "store/store.h"

namespace cairn {

// Who holds a lease. The process is told apart from a later one of the same number by the time of its start.
struct LeaseOwner {
  std::string host, boot, space;  // machine, its start, its process numbers' name space
  int64_t pid = 0;
  int64_t start = 0;
  bool released = false;
  static LeaseOwner self();
  static LeaseOwner of(int64_t pid);  // another process of this machine
  bool operator==(const LeaseOwner&) const = default;
};

// The store's clock, by which its objects have their times and which need not be this machine's; it is told by an
// object that is written for it. Where nothing can be written, this machine's.
std::chrono::system_clock::time_point time_in(Store& store);

inline constexpr std::chrono::seconds kLeaseTime{90};  // unseen for so long, an owner on another machine is dead

// [any thread, one at a time]
class WriterLease {
 public:
  // FailedPrecondition, naming the owner, when one is alive: on this machine its process is looked for; elsewhere its
  // lease must have been renewed within kLeaseTime. A dead owner is taken over, and so is an earlier lease of `self`.
  // The generation is higher than every one in the store, and than `above`, which other stores may have.
  static WriterLease claim(Store& store, const std::string& run, const LeaseOwner& self = LeaseOwner::self(),
                           int64_t above = 0);

  // What claim() would refuse with; empty when it would not.
  static std::optional<Error> refusal(Store& store, const std::string& run,
                                      const LeaseOwner& self = LeaseOwner::self());

  // The generation that claim() would take now, without taking it; the same refusal. For who writes once, under a name
  // that nobody else can take.
  static int64_t next_generation(Store& store, const std::string& run, const LeaseOwner& self = LeaseOwner::self());

  // Whether some process, of this machine or another, holds the run now.
  static bool held(Store& store, const std::string& run);

  int64_t generation() const { return generation_; }
  // FailedPrecondition when a higher generation exists: this process was asleep and another has taken the run over.
  // Empty otherwise.
  std::optional<Error> overtaken();
  void check();    // throws it
  void renew();    // within kLeaseTime of the last time
  void release();  // the next writer need not wait

 private:
  WriterLease(Store& store, std::string run, LeaseOwner self, int64_t generation);
  void write(bool released);

  Store* store_;
  std::string run_;
  LeaseOwner self_;
  int64_t generation_;
  int64_t number_ = 0;
  bool removes_ = true;  // former links
};

}  // namespace cairn
