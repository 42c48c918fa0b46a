// A policy at work on one run's line in one store: what no rule keeps is forgotten, and its space is freed in two
// steps.
#pragma once
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <cairn/log.h>

#include "base/uptime.h"
#include "checkpoint/pipeline/collect.h"
#include "checkpoint/pipeline/retention.h"
#include "store/marks.h"
#include "store/snapshot.h"

namespace cairn {

// [one thread] Borrows the store.
class LineKeeper {
 public:
  struct Options {
    std::string run;
    KeepPolicy keep;
    std::chrono::seconds grace{30};  // between a pack's condemnation and its removal
    Logger* log = &null_logger();
    std::function<Clock::time_point()> clock = [] { return Clock::now(); };
    std::function<std::chrono::steady_clock::time_point()> steady = uptime;
  };
  LineKeeper(Store& store, Options options);

  const KeepPolicy& policy() const { return options_.keep; }
  RunCollector& collector() { return collector_; }
  // A snapshot that this process has written, with all packs that it needs.
  void published(const SnapshotInfo& info, std::vector<Hash> packs);
  // The line is read again before it is judged: somebody else may have changed it.
  void read_again() { line_.reset(); }
  // Trouble with the store is said once, not thrown; the next call tries again. `unmirrored`: sequence numbers that a
  // required mirror lacks. `elsewhere`: marks in other stores that hold here too.
  void apply(const std::set<int64_t>& unmirrored, const MarkedSnapshots& elsewhere = {});
  // Those of `coming` that the policy would not keep beside what is here; the newest is never among them.
  std::vector<SnapshotInfo> unwanted(std::span<const SnapshotInfo> coming, const MarkedSnapshots& elsewhere);

 private:
  std::vector<SnapshotInfo>& line();
  void need_newest(const SnapshotInfo& newest);
  void forget_and_sweep(const std::set<int64_t>& unmirrored, const MarkedSnapshots& elsewhere);

  Store& store_;
  Options options_;
  RunCollector collector_;
  std::optional<std::vector<SnapshotInfo>> line_;  // once it is needed
  std::chrono::steady_clock::time_point swept_;
  std::string trouble_;  // of the newest attempt; said when it is another one than before
};

}  // namespace cairn
