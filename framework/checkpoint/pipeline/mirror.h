// A further store that receives every published snapshot, the newest first, in its own time.
#pragma once
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <cairn/log.h>

#include "store/store.h"

namespace cairn {

// [any thread] Borrows the stores. What a process did not get done, the next one finds by comparing the two stores.
class Mirror {
 public:
  Mirror(Store& from, Store& to, std::string run, Logger& log);
  ~Mirror();  // finishes the copy that is under way, no other
  void push(const ManifestKey& key);
  void catch_up();  // queues what the source has and the target, with nothing newer, has not
  void flush();     // returns when everything queued has arrived or failed; failed ones are tried once more before
  std::vector<ManifestKey> waiting() const;

 private:
  void work();
  bool copy(const ManifestKey& key);

  Store& from_;
  Store& to_;
  std::string run_;
  Logger& log_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<ManifestKey> queue_;  // the newest last
  std::vector<ManifestKey> failed_;
  bool busy_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace cairn
