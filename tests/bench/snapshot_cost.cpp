// What snapshots take from a training that takes them: the stall, the slow-down, memory.
#include "bench/figure.h"
#include "bench/snapshot_run.h"
#include "bench/stopwatch.h"
#include "checkpoint/pipeline/slot.h"
#include "state/capture.h"
#include "train/predictions.h"
#include "train/recorder.h"

namespace cairn::bench {
namespace {

constexpr int64_t kBlock = 6;            // iterations of one side's turn; the background is done within them
constexpr int64_t kBatchesAnEpoch = 13;  // of the blood cells

RigOptions options_for(const std::string& precision) {
  RigOptions options;
  options.precision = precision;
  return options;
}

// After these the slots are as large as they will be.
void warm_up(SnapshotRun& run) {
  for (int i = 0; i < 3; ++i) run.iterate();
  run.save(Wait::Yes);
  run.iterate();
  run.save(Wait::Yes);
}

// Blocks of iterations with and without snapshots take turns.
struct TurnTimes {
  std::vector<double> with, without;  // seconds of a block
  std::vector<double> stalls, left;   // what the background still had to do when its block was over
};

TurnTimes take_turns(SnapshotRun& run, int64_t saves) {
  TurnTimes times;
  for (int round = 0; round < rounds(); ++round) {
    for (const bool saving : {true, false}) {
      const Stopwatch watch;
      for (int64_t i = 0; i < kBlock; ++i) {
        run.iterate();
        if (saving && i < saves) times.stalls.push_back(run.save(Wait::No).stall_seconds);
      }
      (saving ? times.with : times.without).push_back(watch.spent().wall);
      const Stopwatch rest;
      run.flush();
      if (saving) times.left.push_back(rest.spent().wall);
    }
  }
  return times;
}

// A snapshot at every iteration, or one in a block whose cost is spread over `every` iterations.
Json slow_down(const std::string& precision, int64_t every, double target) {
  SnapshotRun run(options_for(precision), {});
  warm_up(run);
  const int64_t saves = every == 1 ? kBlock : 1;
  const TurnTimes times = take_turns(run, saves);
  const double iteration = median(times.without) / kBlock;
  const auto share = [&](double with, double without) {
    return (with - without) / static_cast<double>(saves * every) / iteration;
  };
  Json json = result(share(median(times.with), median(times.without)), target, Better::Lower);
  json["of_minima"] = share(smallest(times.with), smallest(times.without));
  json["snapshot_ms"] = (median(times.with) - median(times.without)) / static_cast<double>(saves) * 1e3;
  json["iteration_ms"] = iteration * 1e3;
  json["left_ms"] = median(times.left) * 1e3;
  json["background_core_ms"] = run.background_core_seconds() * 1e3;
  json["skipped"] = run.skipped();
  return json;
}

// The parts of a stall, by themselves.
Json parts(SnapshotRun& run) {
  std::vector<double> walk, predict, copy;
  Slot slot;
  Copier copier;
  for (int round = 0; round < 3 * rounds(); ++round) {
    run.iterate();
    slot.clear();
    const Stopwatch watch;
    CaptureWriter state(slot, kStatePart, copier), record(slot, kRecordPart, copier);
    run.computation().tree().save(state, record);
    const double walked = watch.spent().wall;
    const RunState& at = run.computation().state;
    CutInfo before;
    before.step = at.at.step - 1;
    predictions_since(before, at, run.computation().stages);
    const double predicted = watch.spent().wall;
    state.copy();
    record.copy();
    walk.push_back(walked);
    predict.push_back(predicted - walked);
    copy.push_back(watch.spent().wall - predicted);
  }
  const auto ms = [](const std::vector<double>& values) { return Json{median(values) * 1e3, smallest(values) * 1e3}; };
  return {{"walk", ms(walk)}, {"predict", ms(predict)}, {"rest_of_the_copy", ms(copy)}};
}

Json stall(const std::string& precision, double target) {
  SnapshotRun run(options_for(precision), {});
  warm_up(run);
  const TurnTimes times = take_turns(run, kBlock);
  const double iteration = median(times.without) / kBlock;
  Json json = result(median(times.stalls) / iteration, target, Better::Lower);
  json["stall_ms"] = median(times.stalls) * 1e3;
  json["stall_ms_min"] = smallest(times.stalls) * 1e3;
  json["iteration_ms"] = iteration * 1e3;
  json["parts_ms"] = parts(run);  // median and least
  return json;
}

// What the process holds with snapshots at every iteration beyond what it held without any, over the state's size.
Json memory() {
  constexpr int64_t kIterations = 2 * kBatchesAnEpoch;
  SnapshotRun run(options_for("fp32"), {});
  int64_t before = 0, largest = 0;
  for (int i = 0; i < 2 * kIterations; ++i) {  // training by itself grows for a while
    run.iterate();
    before = std::max(before, resident_bytes());
  }
  for (int i = 0; i < kIterations; ++i) {
    run.iterate();
    run.save(Wait::ForSlot);
    largest = std::max(largest, resident_bytes());
  }
  run.flush();
  largest = std::max(largest, resident_bytes());
  const auto state = static_cast<double>(run.state_bytes());
  Json json = result(static_cast<double>(largest - before) / state, 3.5, Better::Lower);
  json["slots_over_state"] = static_cast<double>(run.slot_bytes()) / state;
  json["state_bytes"] = run.state_bytes();
  json["of"] = "resident bytes above those of training without snapshots";
  return json;
}

}  // namespace

void add_snapshot_cost_figures(std::vector<Figure>& figures) {
  figures.push_back({"snapshot_stall_fp32", "share of an iteration that the training thread pays for a snapshot",
                     [] { return stall("fp32", 0.007); }});
  figures.push_back({"snapshot_stall_bf16", "the same with bf16", [] { return stall("bf16", 0.012); }});
  const struct {
    const char *name, *help;
    int64_t every;
    double fp32, bf16;
  } paces[] = {{"every", "slow-down of a run with a snapshot at every iteration", 1, 0.12, 0.20},
               {"tenth", "the same at every tenth iteration", 10, 0.013, 0.02},
               {"epoch", "the same at every epoch of 13 iterations", kBatchesAnEpoch, 0.013, 0.02}};
  for (const auto& pace : paces) {
    for (const bool half : {false, true}) {
      const std::string precision = half ? "bf16" : "fp32";
      figures.push_back({cat("snapshot_slow_down_", pace.name, "_", precision), pace.help,
                         [=, every = pace.every, target = half ? pace.bf16 : pace.fp32] {
                           return slow_down(precision, every, target);
                         }});
    }
  }
  figures.push_back(
      {"snapshot_memory_over_state", "resident memory above training, over the size of the state", memory});
}

}  // namespace cairn::bench
