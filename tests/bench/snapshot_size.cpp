// What snapshots of a real run take in the store, against the raw bytes of its state.
#include <algorithm>
#include <numeric>

#include "bench/figure.h"
#include "bench/snapshot_run.h"
#include "bench/stopwatch.h"

namespace cairn::bench {
namespace {

double mean(const std::vector<double>& values, size_t begin, size_t end) {
  return std::accumulate(values.begin() + static_cast<std::ptrdiff_t>(begin),
                         values.begin() + static_cast<std::ptrdiff_t>(end), 0.0) /
         static_cast<double>(end - begin);
}

// Raw bytes over stored bytes of every snapshot of a chain; early, middle and late are thirds of it.
Json sizes(const std::string& precision, const std::string& more, int64_t spacing, double target) {
  const int64_t snapshots = std::max<int64_t>(6, bench_iterations(spacing == 1 ? 60 : 104) / spacing);
  RigOptions options;
  options.precision = precision;
  options.more = more;
  options.iterations = snapshots * spacing;  // a whole run: its rates rise and fall
  SnapshotRun run(options, {});
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
  json["of"] = "early, middle, late: thirds of a whole run; CAIRN_BENCH_ITERATIONS=390 is 30 epochs";
  json["iterations_apart"] = spacing;
  return json;
}

// A real run with a snapshot at every iteration: the largest size that its store ever had.
Json store_size() {
  KeepPolicy keep;
  keep.last = 10;
  keep.every_iterations = 50;
  keep.best = {{"map50_95", KeepPolicy::Best::Mode::Max, 3}};
  const int64_t iterations = bench_iterations(120);
  RigOptions options;
  options.iterations = iterations;
  SnapshotRun run(options, keep);
  uint64_t largest = 0;
  for (int64_t i = 1; i <= iterations; ++i) {
    run.iterate();
    const double figure = static_cast<double>(i * 7 % 11);  // the best come at any time
    run.save(Wait::ForSlot, i % 13 == 0 ? Metrics{{"map50_95", figure}} : Metrics{});
    if (i % 10 == 0) largest = std::max(largest, run.store_bytes());
  }
  run.flush();
  Json json = result(static_cast<double>(largest), 1e9, Better::Lower);
  json["iterations"] = iterations;
  json["at_the_end"] = run.store_bytes();
  json["of"] = "last 10, every 50th, best 3; the figure is for 1,000 iterations: CAIRN_BENCH_ITERATIONS=1000";
  return json;
}

}  // namespace

void add_snapshot_size_figures(std::vector<Figure>& figures) {
  const std::string adamw = "[optimizer]\ntype = \"adamw\"\n";
  figures.push_back({"snapshot_ratio_step_sgd_fp32", "raw over stored bytes, one step apart",
                     [] { return sizes("fp32", "", 1, 3.4); }});
  figures.push_back(
      {"snapshot_ratio_step_adamw_fp32", "the same with AdamW", [adamw] { return sizes("fp32", adamw, 1, 4.2); }});
  figures.push_back(
      {"snapshot_ratio_step_sgd_bf16", "the same with SGD and bf16", [] { return sizes("bf16", "", 1, 5.5); }});
  figures.push_back(
      {"snapshot_ratio_epoch_sgd_fp32", "the same, 13 steps apart", [] { return sizes("fp32", "", 13, 1.48); }});
  figures.push_back(
      {"snapshot_store_bytes", "largest size of a store over a whole run, every iteration saved", store_size});
}

}  // namespace cairn::bench
