// A further store that receives every published snapshot, the newest first, in its own time. What it still lacks is
// found by comparing the two stores, so nothing is forgotten when the process ends; a killed upload of a large pack is
// continued by the backend. A policy of its own is applied to what it has; the source's marks hold there, too, and are
// copied whenever it lacks no snapshot.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <cairn/log.h>

#include "backend/rate_limit.h"
#include "checkpoint/pipeline/line_keeper.h"
#include "store/store.h"

namespace cairn {

// How far a mirror is. [value]
struct MirrorStatus {
  std::string name;
  bool required = true;
  size_t waiting = 0;    // snapshots that it lacks
  bool sending = false;  // one of them is on its way
  int64_t received = 0;  // by this process
  uint64_t received_bytes = 0;
  double behind_seconds = 0;  // since the oldest of those that wait was published
  std::string trouble;        // of the newest attempt; empty when it succeeded
};

// [any thread] Borrows source and backend. The store is opened by the mirror's own thread, so that one that is away
// holds nobody up.
class Mirror {
 public:
  using Milliseconds = std::chrono::milliseconds;
  struct Options {
    std::string run;
    bool required = true;
    double bytes_per_second = 0;                            // 0: as fast as it goes
    std::atomic<bool>* abandon = nullptr;                   // the backend's `stop`: ends what is under way
    Milliseconds first_pause{1000}, longest_pause{300000};  // after trouble; doubles
    std::chrono::seconds alarm_after{600};  // behind for so long, it is said, and again after twice the time
    KeepPolicy keep;                        // of this mirror alone; what it would not keep is not sent either
    std::chrono::seconds grace{30};         // from forgetting to freeing
    std::function<Clock::time_point()> clock = [] { return Clock::now(); };
    Logger* log = &null_logger();
  };
  Mirror(Store& from, Backend& to, Options options);
  ~Mirror();  // finishes the copy that is under way, no other

  void push(const ManifestKey& key);
  std::vector<ManifestKey> waiting() const;
  MirrorStatus status() const;

  // Returns when the mirror lacks nothing (true), when an attempt that began after the call has failed, or when the
  // time is over; then what is under way is given up, and the mirror does no more.
  bool drain(std::optional<std::chrono::steady_clock::time_point> until);

 private:
  struct Waiting {
    ManifestKey key;
    std::chrono::steady_clock::time_point since;
  };
  void work();
  void attempt(const std::optional<ManifestKey>& key);
  void open();
  bool is_forgotten(const ManifestKey& key);
  void send(const ManifestKey& key);
  void send_marks(Store& to);
  void drop_unwanted(const MarkedSnapshots& marks);
  bool is_waiting(const ManifestKey& key) const;
  const SnapshotInfo* info_of(const ManifestKey& key);
  void failed(const Error& error);
  void alarm();

  Store& from_;
  RateLimited backend_;
  Options options_;
  std::unique_ptr<Store> to_;                  // of the thread
  std::unique_ptr<LineKeeper> keeper_;         // of the thread
  std::map<std::string, SnapshotInfo> infos_;  // of the thread: of those that wait, by key, with a policy
  std::vector<std::string> marks_;             // of the thread: keys of those that it has
  mutable std::mutex mutex_;                   // guards what follows
  std::condition_variable changed_;
  std::vector<Waiting> queue_;  // the newest last
  bool compared_ = false;       // what it has already is out of the queue
  bool busy_ = false;
  bool hurry_ = false;  // do not pause
  bool stop_ = false;
  int64_t attempts_ = 0, failed_attempt_ = 0;  // counted; the last that failed
  Milliseconds pause_;
  std::chrono::seconds next_alarm_;
  MirrorStatus status_;
  std::thread thread_;
};

}  // namespace cairn
