// Saves in the background. The training thread copies its state into a slot and goes on; a thread of low priority
// encodes it, writes packs and manifest, applies the policy and feeds the mirrors.
//
// The ring has three slots: the base (the newest published snapshot, against which the next is encoded), one that is
// being encoded, and a free one. When none is free a save is left out, or waits, as its caller wishes; memory never
// grows. A slot wanders: Free -> Captured (take) -> Queued (submit) -> Encoding -> Base -> Free.
#pragma once
#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include <cairn/log.h>
#include <cairn/prediction.h>

#include "base/uptime.h"
#include "checkpoint/pipeline/lease_keeper.h"
#include "checkpoint/pipeline/line_keeper.h"
#include "checkpoint/pipeline/mirror.h"
#include "checkpoint/pipeline/slot.h"
#include "checkpoint/pipeline/tree_encoder.h"
#include "store/snapshot.h"

namespace cairn {

class SavePipeline {
 public:
  struct Options {
    std::string run;
    Store* store = nullptr;  // is written
    std::vector<std::pair<Backend*, Mirror::Options>> mirrors;
    Logger* log = &null_logger();
    KeepPolicy keep;
    int threads = 1;
    std::function<Clock::time_point()> clock;
    std::function<std::chrono::steady_clock::time_point()> steady = uptime;
    std::chrono::seconds grace{30};  // between a pack's condemnation and its removal
    uint16_t most_depth = kDefaultDepth;
    std::chrono::milliseconds renew_every = kRenewEvery;      // the run's lease
    std::function<void(const SnapshotInfo&)> published = {};  // is told; on the background thread
  };
  struct Outcome {
    std::optional<SnapshotInfo> snapshot;  // empty: there is none
    std::optional<Error> error;            // why
    SaveStats stats;
    // Another writer has the run, or the state cannot be stored: no later snapshot would do better. Whatever else is
    // wrong with a store may pass.
    bool final = false;
  };
  using Job = uint64_t;  // counts from 1
  // The snapshot against which the next one will be encoded, if all goes well.
  struct Base {
    Job job = 0;
    CutInfo cut;
  };
  static constexpr size_t kSlots = 3;
  struct Place;

  explicit SavePipeline(Options options);
  ~SavePipeline();  // finishes what is queued

  // [train thread] A cleared slot; with `wait` as soon as one is free, else null when none is. FailedPrecondition when
  // another process has taken the run over.
  Place* take(bool wait);
  Slot& slot(Place& place);
  void give_back(Place& place);
  // The base that a snapshot of this cut will have; its predictions, when there are any, start from there.
  std::optional<Base> base_for(const CutInfo& cut);
  // Hands a filled slot over. A path that is there twice ends the job and every later take() with InvalidArgument.
  Job submit(Place& place, const CutInfo& cut, std::vector<Prediction> predictions, Job predicted_from);
  Outcome wait(Job job);
  void flush();  // returns when everything queued is published or has failed
  // Then, until the time is over, that the mirrors have received it or have failed once more.
  void drain(std::optional<std::chrono::steady_clock::time_point> until);

  // What is saved from now on follows this snapshot, as a new generation. Waits for what is queued.
  // `generations`: the highest that any store has; the new one is higher.
  void continue_from(const SnapshotInfo& info, int64_t generations = 0);
  void claim();  // the run's lease, at once instead of at the first save; FailedPrecondition names a live owner
  int64_t skipped() const;
  Job published() const;  // the newest that was; 0: none
  void count_skip();
  std::vector<MirrorStatus> mirrors() const;
  uint64_t slot_bytes() const;  // memory of all slots
  // What the newest snapshot cost in the background: processor time over the machine's cores.
  double work_seconds() const;

 private:
  bool stays_for_sure(const CutInfo& cut) const;
  bool may_stay(const CutInfo& cut) const;
  void work();
  void run_job(Place& place);
  void report(const Place& place, const Outcome& outcome);
  void follow_up();
  Outcome publish(Place& place);
  Manifest next_manifest(const Place& place);
  EncodeSettings settings_for(Place& place);
  bool load_base(Place& into, const ManifestKey& key);
  void tell(const SnapshotInfo& info);
  void say_damaged_lists();
  bool can_count_on(const std::vector<Hash>& packs);
  [[noreturn]] void give_up(const std::vector<Hash>& packs);
  void become_base(Place& place, const Manifest& manifest, WrittenTree written);
  void ready_slots();
  void apply_policy();

  Options options_;
  std::vector<std::unique_ptr<Mirror>> mirrors_;
  std::array<std::unique_ptr<Place>, kSlots> places_;

  LeaseKeeper lease_;

  // Of the worker, and of callers while it rests (continue_from, claim).
  int64_t generations_ = 0;       // of other stores; its own is higher
  int64_t generation_start_ = 0;  // 0: nothing published yet
  int64_t tried_ = 0;             // highest sequence number: one that failed may be there all the same
  std::optional<SnapshotInfo> last_;
  Place* base_ = nullptr;
  std::optional<Manifest> lasting_;  // the newest that the policy keeps for sure
  Job lasting_job_ = 0;
  LineKeeper keeper_;
  std::chrono::steady_clock::time_point refreshed_;
  std::optional<Code> failing_;  // why there was no snapshot the last time
  int64_t unsaid_ = 0;           // failures since then for the same reason
  std::set<std::string> damaged_said_;

  mutable std::mutex mutex_;  // guards the places' states and what follows
  std::condition_variable changed_;
  std::deque<Place*> queue_;
  std::map<Job, Outcome> outcomes_;  // the newest few
  Job submitted_ = 0, finished_ = 0, published_ = 0;
  std::optional<Base> newest_, newest_lasting_;
  std::optional<Error> fatal_;
  int64_t skipped_ = 0;
  double work_seconds_ = 0;
  bool stop_ = false;
  bool announced_ = false;
  std::thread thread_;
};

}  // namespace cairn
