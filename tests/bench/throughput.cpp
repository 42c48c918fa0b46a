// Whole training against the bare network, at the same precision, in one process.
#include "bench/bare_network.h"
#include "bench/figure.h"
#include "bench/stopwatch.h"
#include "bench/whole_training.h"

namespace cairn::bench {
namespace {

constexpr int kTimed = 8;  // iterations of a round
// Untimed before: what the workers had made ahead while the other side ran is used up, caches are warm again.
constexpr int kSettleWhole = 4, kSettleBare = 2;

template <class Side>
Spent timed(Side& side, int settle) {
  for (int i = 0; i < settle; ++i) side.iterate();
  const Stopwatch watch;
  for (int i = 0; i < kTimed; ++i) side.iterate();
  return watch.spent() / kTimed;
}

struct Series {
  std::vector<double> wall, cpu;
  void add(const Spent& spent) {
    wall.push_back(spent.wall);
    cpu.push_back(spent.cpu);
  }
  Json summary() const {
    return {{"images_per_second", kBatch / median(wall)},
            {"wall_ms", median(wall) * 1e3},
            {"wall_ms_min", smallest(wall) * 1e3},
            {"core_ms", median(cpu) * 1e3},
            {"core_ms_min", smallest(cpu) * 1e3}};
  }
};

Json measure(const std::string& precision, double target, const std::string& model = RigOptions{}.model) {
  RigOptions options;
  options.model = model;
  options.precision = precision;
  Rig rig(options);
  rig.fill_cache();
  WholeTraining whole(rig);
  whole.iterate();
  BareNetwork bare(rig, whole.newest_images());
  Series of_whole, of_bare;
  std::vector<double> ratios, core_ratios;
  const Where before = whole.where();
  for (int round = 0; round < rounds(); ++round) {
    const Spent w = timed(whole, kSettleWhole), b = timed(bare, kSettleBare);
    of_whole.add(w);
    of_bare.add(b);
    ratios.push_back(b.wall / w.wall);
    core_ratios.push_back(b.cpu / w.cpu);
  }
  const double iterations = rounds() * (kTimed + kSettleWhole);
  Json json = result(median(ratios), target, Better::Higher);
  json["ratio_of_minima"] = smallest(of_bare.wall) / smallest(of_whole.wall);
  json["core_ratio"] = median(core_ratios);
  json["whole"] = of_whole.summary();
  json["bare"] = of_bare.summary();
  json["waiting_ms"] = (whole.where().waiting - before.waiting) / iterations * 1e3;
  json["computing_ms"] = (whole.where().computing - before.computing) / iterations * 1e3;
  json["recording_ms"] = (whole.where().recording - before.recording) / iterations * 1e3;
  return json;
}

}  // namespace

void add_throughput_figures(std::vector<Figure>& figures) {
  figures.push_back({"train_throughput_fp32", "whole training over bare network, images per second",
                     [] { return measure("fp32", 0.90); }});
  figures.push_back({"train_throughput_bf16", "the same with bf16 autocast", [] { return measure("bf16", 0.82); }});
  for (const Smallest& smallest : kSmallest) {
    figures.push_back({cat("family_throughput_", smallest.name), "whole training over bare network, fp32",
                       [&smallest] { return measure("fp32", 0.85, smallest.model); }});
  }
}

}  // namespace cairn::bench
