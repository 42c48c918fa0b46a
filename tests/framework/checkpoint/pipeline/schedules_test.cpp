// Writers and collectors of one store take turns at random, one operation of the backend at a time; any of them may be
// suspended for longer than every grace period, between any two operations. Whatever happens, every snapshot that
// exists can be restored.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <thread>

#include <cairn/random.h>

#include "checkpoint/pipeline/maintain.h"
#include "checkpoint/pipeline/save_pipeline.h"
#include "support/backends.h"
#include "support/trees.h"

namespace cairn {
namespace {

using test::MemoryBackend;

constexpr std::chrono::seconds kGrace{30};
constexpr Clock::time_point kBegin{std::chrono::hours(24 * 365 * 50)};

// Lets one of several threads go on at a time; the clock of the schedule moves with every turn.
class Turns {
 public:
  Turns(uint64_t seed, size_t threads) : rng_({seed}), waiting_(threads), gone_(threads), asleep_(threads) {}

  void enter(size_t thread) {
    std::unique_lock lock(mutex_);
    waiting_[thread] = true;
    choose();
    changed_.wait(lock, [&] { return chosen_ == static_cast<int>(thread); });
    chosen_ = -1;
    waiting_[thread] = false;
  }
  void leave(size_t thread) {
    const std::lock_guard lock(mutex_);
    gone_[thread] = true;
    choose();
  }
  Clock::time_point now() const {
    const std::lock_guard lock(mutex_);
    return now_;
  }

 private:
  // When nobody is on the way. A thread that sleeps is passed over for a while, in which much time goes by.
  void choose() {
    std::vector<size_t> ready;
    for (size_t i = 0; i < waiting_.size(); ++i) {
      if (gone_[i]) continue;
      if (!waiting_[i]) return;
      ready.push_back(i);
    }
    if (ready.empty() || chosen_ >= 0) return;
    if (rng_.below(25) == 0) asleep_[ready[pick(ready.size())]] = 5 + static_cast<int>(rng_.below(60));
    std::vector<size_t> awake;
    for (const size_t each : ready) {
      if (asleep_[each] == 0) awake.push_back(each);
      if (asleep_[each] > 0) --asleep_[each];
    }
    const std::vector<size_t>& from = awake.empty() ? ready : awake;
    now_ += std::chrono::seconds(awake.size() < ready.size() ? rng_.below(kGrace.count()) : rng_.below(2));
    chosen_ = static_cast<int>(from[pick(from.size())]);
    changed_.notify_all();
  }
  size_t pick(size_t count) { return static_cast<size_t>(rng_.below(static_cast<int64_t>(count))); }

  mutable std::mutex mutex_;  // guards everything
  std::condition_variable changed_;
  Rng rng_;
  std::vector<bool> waiting_, gone_;
  std::vector<int> asleep_;
  int chosen_ = -1;
  Clock::time_point now_ = kBegin;
};

// One thread's way to the store.
class TurnBackend final : public Backend {
 public:
  using Times = std::map<std::string, Clock::time_point>;  // of what was put, by the schedule's clock
  TurnBackend(MemoryBackend& to, Times& times, Turns& turns, size_t thread)
      : to_(to), times_(times), turns_(turns), thread_(thread) {}
  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    MemoryBackend& backend = turn();
    if (key.starts_with("gc/")) times_[key] = turns_.now();
    return backend.put(key, bytes, mode);
  }
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override { return turn().get(key, range); }
  Page list(const std::string& prefix, const std::string& from) override { return turn().list(prefix, from); }
  std::optional<ObjectStat> stat(const std::string& key) override {
    auto found = turn().stat(key);
    if (found && times_.contains(key)) found->modified = times_.at(key);
    return found;
  }
  void remove(const std::string& key) override { turn().remove(key); }
  Capabilities capabilities() const override { return to_.capabilities(); }
  std::string describe() const override { return to_.describe(); }

 private:
  MemoryBackend& turn() {
    turns_.enter(thread_);
    return to_;
  }
  MemoryBackend& to_;
  Times& times_;  // of whose turn it is
  Turns& turns_;
  size_t thread_;
};

// A few states that come again, so that writers count on blocks of snapshots that are long forgotten.
void fill(Slot& slot, uint64_t state) {
  test::add(slot, "state/model/w", test::normal(600, 1 + state % 3));
  test::add(slot, "state/model/v", test::normal(600, 10 + state % 2));
  test::add_text(slot, "state/progress", std::to_string(state));
}

void write_run(Backend& backend, const Turns& turns, const std::string& run, uint64_t seed) {
  Rng rng({seed, 77});
  Store store(backend, OpenStore::MustExist);
  store.load_all_packs();
  SavePipeline::Options options;
  options.run = run;
  options.store = &store;
  options.keep.last = 1;
  options.grace = kGrace;
  options.clock = [&] { return turns.now(); };
  options.steady = [&] { return std::chrono::steady_clock::time_point(turns.now() - kBegin); };
  SavePipeline pipeline(std::move(options));
  for (int i = 0; i < 5; ++i) {
    SavePipeline::Place* place = pipeline.take(true);
    fill(pipeline.slot(*place), static_cast<uint64_t>(rng.below(6)));
    CutInfo cut;
    cut.iteration = i;
    cut.reason = "test";
    pipeline.wait(pipeline.submit(*place, cut, {}, 0));
    pipeline.flush();
  }
}

void collect_often(Backend& backend, const Turns& turns) {
  for (int i = 0; i < 4; ++i) {
    Store store(backend, OpenStore::MustExist);
    try {
      collect(store, kGrace, turns.now(), DryRun::No);
    } catch (const Error& error) {
      // A manifest or pack went away under it: it ends, and somebody tries again.
      EXPECT_NE(error.code(), Code::Internal) << error.what();
    }
  }
}

// Snapshots that exist and cannot be restored, as a text.
std::string lost(MemoryBackend& backend, size_t& there) {
  Store store(backend, OpenStore::MustExist);
  std::string out;
  for (const std::string& run : store.runs()) {
    for (const ManifestKey& key : store.manifests(run)) {
      try {
        const auto stored = store.read_manifest(key);
        std::vector<TableRow> rows;
        Slot slot;
        load_tree(store, *stored, 1, rows, slot);
        ++there;
      } catch (const Error& error) {
        out += cat(key.key(), ": ", error.what(), "\n");
      }
    }
  }
  return out;
}

TEST(Schedules, NoSnapshotLosesABlock) {
  const uint64_t schedules = std::getenv("CAIRN_TEST_ALL") != nullptr ? 10'000 : 150;
  size_t there = 0;
  for (uint64_t seed = 0; seed < schedules; ++seed) {
    MemoryBackend backend;
    TurnBackend::Times times;
    Store(backend, OpenStore::CreateIfEmpty);
    Turns turns(seed, 4);
    const auto actor = [&](size_t number, const std::function<void(Backend&)>& act) {
      return std::thread([&, number, act] {
        {
          TurnBackend mine(backend, times, turns, number);
          act(mine);
        }
        turns.leave(number);
      });
    };
    std::vector<std::thread> threads;
    threads.push_back(actor(0, [&](Backend& mine) { write_run(mine, turns, "a", seed); }));
    threads.push_back(actor(1, [&](Backend& mine) { write_run(mine, turns, "b", seed + 1); }));
    threads.push_back(actor(2, [&](Backend& mine) { collect_often(mine, turns); }));
    threads.push_back(actor(3, [&](Backend& mine) { collect_often(mine, turns); }));
    for (std::thread& each : threads) each.join();
    EXPECT_EQ(lost(backend, there), "") << "schedule " << seed;
    if (HasFailure()) return;
  }
  EXPECT_GE(there, schedules);  // most writers came to something
}

}  // namespace
}  // namespace cairn
