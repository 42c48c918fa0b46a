// Saves and restores the state of a run. Everything that is written through the two StateWriters comes back, bit by
// bit, through the two StateReaders.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cairn/backend.h>
#include <cairn/file.h>
#include <cairn/log.h>
#include <cairn/prediction.h>
#include <cairn/state.h>

#include "checkpoint/pipeline/mirror.h"
#include "checkpoint/pipeline/retention.h"
#include "store/snapshot.h"
#include "store/store_keys.h"

namespace cairn {

// A store that takes part, borrowed. The first acknowledges a save; the others are mirrors.
struct StoreRef {
  Backend* backend = nullptr;
  std::string name;                      // for messages; describe() when empty
  bool required = true;                  // a mirror that is required holds back forgetting, and exit code 0
  double bytes_per_second = 0;           // of a mirror; 0: no limit
  std::atomic<bool>* abandon = nullptr;  // the backend's `stop`; set when the time to drain it is over
  KeepPolicy keep = {};                  // of a mirror; the first store has the checkpointer's
};

// A snapshot in memory: both parts of its tree. Checked against its hashes and the state digest.
class Restored {
 public:
  Restored(SnapshotInfo info, std::unique_ptr<StateReader> state, std::unique_ptr<StateReader> record,
           std::string store, double seconds);
  const SnapshotInfo& info() const { return info_; }
  const StateReader& state() const { return *state_; }
  const StateReader& record() const { return *record_; }
  const std::string& store() const { return store_; }  // where it came from
  double seconds() const { return seconds_; }

 private:
  SnapshotInfo info_;
  std::unique_ptr<StateReader> state_, record_;
  std::string store_;
  double seconds_;
};

// How a save ended. Published: the snapshot exists. Queued: captured; it will be published in the background.
// Skipped: there is none; `why` says so (no free slot, disk full).
struct SaveOutcome {
  enum class Kind { Published, Queued, Skipped } kind = Kind::Skipped;
  SnapshotInfo snapshot;  // id and digest only when Published
  std::string why;
  bool busy = false;         // Skipped because the ring was full; only that is not logged here
  double stall_seconds = 0;  // what the calling thread paid
  uint64_t number = 0;       // of what was captured; rises
  bool published() const { return kind == Kind::Published; }
};

// ForSlot: not left out because the ring is full; waits for a place in it, not for the publication.
// Yes: a forced save, which returns when the snapshot is published or has failed.
enum class Wait { No, ForSlot, Yes };

// [train thread] One per run and process.
class Checkpointer {
 public:
  struct Options {
    std::string run;               // [A-Za-z0-9._-]{1,64}
    std::vector<StoreRef> stores;  // at least one
    Logger* log = &null_logger();
    KeepPolicy keep;
    int threads = 0;  // for encoding and restoring; 0: as many as the machine has cores
    std::function<std::chrono::system_clock::time_point()> clock;  // for `created`; the machine's when empty
    std::chrono::seconds grace{30};            // from forgetting a snapshot to freeing its space, at least
    std::shared_ptr<StoreKeys> keys = {};      // of sealed and signed stores; co-owned by the stores
    Path seen = {};                            // the file that remembers the newest snapshot; none when empty
    bool rollback_allowed = false;             // stores that lack what was seen are used all the same
    std::chrono::milliseconds patience{5000};  // for a mirror's answer; then it counts as away
  };
  using WriteTree = std::function<void(StateWriter& state, StateWriter& record)>;
  using Say = std::function<void(std::string_view)>;
  // How the state came to be what it is, from the cut `base` on; asked during a save. Optimizers' formulas hold when
  // exactly one step lies between. Wrong ones cost space, never bits.
  using Predict = std::function<std::vector<Prediction>(const CutInfo& base)>;

  // Keys that are missing or wrong are an error here, before anything is written. Opens the stores, making a new
  // repository where a store is empty; an empty first store becomes one more copy of what the others are. A mirror that
  // is away, or does not answer within `patience`, holds nobody up, unless it is required and only it could know
  // whether the run exists.
  explicit Checkpointer(Options options);
  ~Checkpointer();

  // Captures what `write` writes, which is all that the calling thread pays; the rest happens in the background. With
  // Wait::No the outcome is Queued, or Skipped when the three slots are in use. With Wait::Yes it returns when the
  // snapshot is published or has failed. Trouble with a store is an outcome, not an exception, and so is
  // ResourceExhausted: no memory for the copy. What else `write` throws goes through. FailedPrecondition, naming the
  // other, when two processes write one run; InvalidArgument for a path that was written twice, now or by the next
  // save.
  SaveOutcome save(const CutInfo& cut, const WriteTree& write, Wait wait = Wait::Yes, const Predict& predict = {});

  // Takes the run for this process, which the first save would do otherwise. FailedPrecondition names a live owner.
  void claim();

  // The newest intact snapshot of the run over all stores; empty when there is none at all. A damaged one is named
  // through `say` and the one before it is taken. DataLoss when there are snapshots and none is intact. What is saved
  // from then on continues that snapshot. With `usable` the newest of which it says yes; empty when it says no to all.
  // Stores that lack what this machine saw last are told through `say`; when only trusted signers are accepted they are
  // FailedPrecondition, unless that is allowed.
  using Usable = std::function<bool(const Restored&)>;
  std::optional<Restored> newest(const Say& say, const Usable& usable = {});

  // A certain one, by the beginning of its id (at least 4 digits) or "@<iteration>" for the newest at or before an
  // iteration; "@<iteration>-": before the evaluation there.
  Restored restore(const std::string& which);

  // What is saved from now on follows this snapshot, of this run or of another that this one branches from.
  void continue_from(const SnapshotInfo& info);

  std::vector<SnapshotInfo> list();           // of this run, oldest first
  std::optional<SnapshotInfo> newest_info();  // on the run's line, in the first store
  void flush();                               // returns when everything queued is published or has failed
  // Then gives the mirrors time to receive it: until they have, or have failed once more, or the time is over.
  void drain(std::optional<std::chrono::duration<double>> most);
  std::vector<MirrorStatus> mirrors() const;
  int64_t skipped() const;                          // saves without a snapshot so far
  uint64_t published() const;                       // number of the newest save that is published; 0: none is
  std::vector<std::string> mirrors_behind() const;  // required mirrors that lack a snapshot, after drain()
  uint64_t memory_bytes() const;                    // of the slots
  // What the newest snapshot took from training beside the stall: the background's processor time over the cores.
  double background_seconds() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn
