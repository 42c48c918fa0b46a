// What snapshots cost a training, and what they take in the store.
#include <algorithm>
#include <numeric>

#include "bench/figure.h"
#include "bench/snapshot_run.h"
#include "bench/stopwatch.h"
#include "checkpoint/memory_cut.h"
#include "checkpoint/pipeline/tree_encoder.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "train/predictions.h"
#include "train/recorder.h"

namespace cairn::bench {
namespace {

RigOptions options_for(const std::string& precision, const std::string& more = {}) {
  RigOptions options;
  options.precision = precision;
  options.more = more;
  return options;
}

// Blocks of iterations with and without snapshots take turns; the ratio of the medians is the slow-down.
struct TurnTimes {
  std::vector<double> with, without, stalls;
};

TurnTimes take_turns(SnapshotRun& run, int64_t block, int64_t every) {
  TurnTimes times;
  int64_t count = 0;
  for (int round = 0; round < rounds(); ++round) {
    for (const bool saving : {true, false}) {
      const Stopwatch watch;
      for (int64_t i = 0; i < block; ++i) {
        run.iterate();
        if (saving && ++count % every == 0) times.stalls.push_back(run.save(Wait::No).stall_seconds);
      }
      (saving ? times.with : times.without).push_back(watch.spent().wall / static_cast<double>(block));
      run.flush();
    }
  }
  return times;
}

Json slow_down(const std::string& precision, int64_t every, double target) {
  SnapshotRun run(options_for(precision), {});
  for (int i = 0; i < 3; ++i) run.iterate();
  run.save(Wait::Yes);
  run.iterate();
  run.save(Wait::Yes);  // slots are as large as they will be
  const TurnTimes times = take_turns(run, std::max<int64_t>(every, 6), every);
  Json json = result(median(times.with) / median(times.without) - 1, target, Better::Lower);
  json["ratio_of_minima"] = smallest(times.with) / smallest(times.without) - 1;
  json["iteration_ms"] = median(times.without) * 1e3;
  json["skipped"] = run.skipped();
  return json;
}

Json stall(const std::string& precision, double target) {
  SnapshotRun run(options_for(precision), {});
  for (int i = 0; i < 3; ++i) run.iterate();
  run.save(Wait::Yes);
  run.iterate();
  run.save(Wait::Yes);
  const TurnTimes times = take_turns(run, 6, 1);
  Json json = result(median(times.stalls) / median(times.without), target, Better::Lower);
  json["stall_ms"] = median(times.stalls) * 1e3;
  json["stall_ms_min"] = smallest(times.stalls) * 1e3;
  json["iteration_ms"] = median(times.without) * 1e3;
  json["slots_over_state"] = static_cast<double>(run.slot_bytes()) / static_cast<double>(run.state_bytes());
  return json;
}

double mean(const std::vector<double>& values, size_t begin, size_t end) {
  return std::accumulate(values.begin() + static_cast<std::ptrdiff_t>(begin),
                         values.begin() + static_cast<std::ptrdiff_t>(end), 0.0) /
         static_cast<double>(end - begin);
}

// Raw bytes over stored bytes of every snapshot of a chain; early, middle and late are thirds of it.
Json sizes(const std::string& precision, const std::string& more, int64_t spacing, double target) {
  SnapshotRun run(options_for(precision, more), {});
  const int64_t snapshots = std::max<int64_t>(6, bench_iterations(spacing == 1 ? 45 : 78) / spacing);
  for (int64_t i = 0; i < snapshots; ++i) {
    for (int64_t j = 0; j < spacing; ++j) run.iterate();
    run.save(Wait::Yes);
  }
  run.flush();
  const auto raw = static_cast<double>(run.state_bytes());
  std::vector<double> ratios;
  double stored = 0;
  for (const uint64_t bytes : run.snapshot_bytes()) {
    ratios.push_back(raw / static_cast<double>(bytes));
    stored += static_cast<double>(bytes);
  }
  std::vector<double> differences(ratios.begin() + 1, ratios.end());
  const size_t third = differences.size() / 3;
  Json json = result(median(differences), target, Better::Higher);
  json["full"] = ratios.front();
  json["early"] = mean(differences, 0, third);
  json["middle"] = mean(differences, third, 2 * third);
  json["late"] = mean(differences, 2 * third, differences.size());
  json["mean_over_chain"] = raw * static_cast<double>(ratios.size()) / stored;
  json["snapshots"] = ratios.size();
  json["iterations_apart"] = spacing;
  return json;
}

// Two states of a real run, one step apart, encoded and read again over a store in memory by one thread.
class OneStep {
 public:
  OneStep() : run_(options_for("fp32"), {}), before_((iterate(4), cut())), after_((iterate(1), cut())) {
    CutInfo before;
    before.step = run_.computation().state.at.step - 1;
    predictions_ = predictions_since(before, run_.computation().state, run_.computation().stages);
  }
  double encode_rate() {
    test::MemoryBackend backend;
    Store store(backend, OpenStore::CreateIfEmpty);
    const WrittenTree first = write_tree(store, before_.leaves(), {});
    EncodeSettings settings;
    settings.base = {before_.leaves(), first.rows};
    settings.predictions = predictions_;
    const Stopwatch watch;
    const WrittenTree second = write_tree(store, after_.leaves(), settings);
    return static_cast<double>(second.size_bytes) / watch.spent().cpu / 1e6;
  }
  double restore_rate() {
    test::MemoryBackend backend;
    Store store(backend, OpenStore::CreateIfEmpty);
    const WrittenTree first = write_tree(store, before_.leaves(), {});
    EncodeSettings settings;
    settings.base = {before_.leaves(), first.rows};
    settings.predictions = predictions_;
    const WrittenTree second = write_tree(store, after_.leaves(), settings);
    Slot slot;
    std::vector<std::span<std::byte>> room;
    for (const TableRow& row : second.rows) room.push_back(slot.add(row.entry));
    const Stopwatch watch;
    read_rows(
        store, second.rows, [&](size_t i) { return room[i]; }, 1);
    // A base that is read on the way is work, too, and no result.
    return static_cast<double>(second.size_bytes) / watch.spent().cpu / 1e6;
  }

 private:
  void iterate(int count) {
    for (int i = 0; i < count; ++i) run_.iterate();
  }
  MemoryCut cut() {
    return MemoryCut([&](StateWriter& state_part, StateWriter& record_part) {
      run_.computation().tree().save(state_part, record_part);
    });
  }
  SnapshotRun run_;
  MemoryCut before_, after_;
  std::vector<Prediction> predictions_;
};

Json rate(double target, double (OneStep::*measure)()) {
  OneStep step;
  std::vector<double> rates;
  for (int round = 0; round < rounds(); ++round) rates.push_back((step.*measure)());
  Json json = result(median(rates), target, Better::Higher);
  json["max"] = *std::max_element(rates.begin(), rates.end());
  json["of"] = "MB of raw state per second of one core; a snapshot one step behind its base, hashes included";
  return json;
}

// A real run with a snapshot at every iteration: the largest size that its store ever had.
Json store_size() {
  KeepPolicy keep;
  keep.last = 10;
  keep.every_iterations = 50;
  keep.best = {{"map50_95", KeepPolicy::Best::Mode::Max, 3}};
  SnapshotRun run(options_for("fp32"), keep);
  const int64_t iterations = bench_iterations(200);
  uint64_t largest = 0;
  for (int64_t i = 0; i < iterations; ++i) {
    run.iterate();
    run.save(Wait::ForSlot);
    if (i % 10 == 9) largest = std::max(largest, run.store_bytes());
  }
  run.flush();
  Json json = result(static_cast<double>(largest), 1e9, Better::Lower);
  json["iterations"] = iterations;
  json["at_the_end"] = run.store_bytes();
  json["of"] = "the issue's figure is for 1,000 iterations: CAIRN_BENCH_ITERATIONS=1000";
  return json;
}

}  // namespace

void add_snapshot_figures(std::vector<Figure>& figures) {
  const std::string adamw = "[optimizer]\ntype = \"adamw\"\n";
  figures.push_back({"snapshot_stall_fp32", "share of an iteration that the training thread pays for a snapshot",
                     [] { return stall("fp32", 0.007); }});
  figures.push_back({"snapshot_stall_bf16", "the same with bf16", [] { return stall("bf16", 0.012); }});
  figures.push_back({"snapshot_slow_down_every_fp32", "slow-down of a run with a snapshot at every iteration",
                     [] { return slow_down("fp32", 1, 0.12); }});
  figures.push_back({"snapshot_slow_down_every_bf16", "the same with bf16", [] { return slow_down("bf16", 1, 0.20); }});
  figures.push_back(
      {"snapshot_slow_down_tenth_fp32", "at every tenth iteration", [] { return slow_down("fp32", 10, 0.013); }});
  figures.push_back(
      {"snapshot_slow_down_tenth_bf16", "the same with bf16", [] { return slow_down("bf16", 10, 0.02); }});
  figures.push_back({"snapshot_ratio_step_sgd_fp32", "raw over stored bytes, one step apart",
                     [] { return sizes("fp32", "", 1, 3.4); }});
  figures.push_back(
      {"snapshot_ratio_step_adamw_fp32", "the same with AdamW", [adamw] { return sizes("fp32", adamw, 1, 4.2); }});
  figures.push_back(
      {"snapshot_ratio_step_sgd_bf16", "the same with SGD and bf16", [] { return sizes("bf16", "", 1, 5.5); }});
  figures.push_back({"snapshot_ratio_epoch_sgd_fp32", "13 steps apart", [] { return sizes("fp32", "", 13, 1.48); }});
  figures.push_back(
      {"snapshot_encode_mb_per_second", "encoding by one core", [] { return rate(400, &OneStep::encode_rate); }});
  figures.push_back(
      {"snapshot_restore_mb_per_second", "restoring by one core", [] { return rate(800, &OneStep::restore_rate); }});
  figures.push_back({"snapshot_store_bytes", "largest size of a store, last 10 and every 50th", store_size});
}

}  // namespace cairn::bench
