// Stores with many snapshots: listing, deciding, memory.
#include <sstream>

#include "bench/figure.h"
#include "bench/stopwatch.h"
#include "checkpoint/pipeline/save_pipeline.h"
#include "cli/snapshots_command.h"
#include "support/backends.h"
#include "support/files.h"
#include "support/trees.h"
#include "train/recorder.h"

namespace cairn::bench {
namespace {

constexpr int64_t kListed = 10'000, kDecided = 100'000, kSaved = 10'000;

void publish_many(Store& store, int64_t count) {
  Slot slot;
  test::add(slot, "state/model/w", test::normal(100, 1));
  const WrittenTree written = write_tree(store, slot.leaves(), {});
  for (int64_t i = 1; i <= count; ++i) {
    Manifest manifest;
    manifest.info.run = "bench";
    manifest.info.sequence = i;
    manifest.info.generation = manifest.info.generation_start = 1;
    manifest.info.cut.iteration = i;
    manifest.info.cut.metrics = {{"map50", 0.5}, {"map50_95", 0.25}, {"precision", 0.5}, {"recall", 0.5}};
    written.describe_in(manifest);
    store.publish(manifest, written.packs);
  }
}

Json listing() {
  const test::TempFolder folder;
  const auto backend = test::local_backend(folder / "store");
  Store store(*backend, OpenStore::CreateIfEmpty);
  publish_many(store, kListed);
  std::vector<double> seconds;
  for (int round = 0; round < rounds(); ++round) {
    std::ostringstream out;
    const Stopwatch watch;
    list_snapshots(store, "bench", Form::Text, out, [](std::string_view) {});
    seconds.push_back(watch.spent().wall);
  }
  Json json = result(median(seconds), 1.0, Better::Lower);
  json["min"] = smallest(seconds);
  json["snapshots"] = kListed;
  return json;
}

Json deciding() {
  std::vector<RetentionItem> items(kDecided);
  for (int64_t i = 0; i < kDecided; ++i) {
    RetentionItem& item = items[static_cast<size_t>(i)];
    item.epoch = i / 100;
    item.iteration = i;
    item.created = std::chrono::system_clock::time_point(std::chrono::seconds(i));
    if (i % 100 == 99) item.metrics = {{"map50_95", static_cast<double>(i % 777)}};
  }
  KeepPolicy policy;
  policy.last = 10;
  policy.every_iterations = 50;
  policy.every_epochs = 10;
  policy.hourly = 24;
  policy.daily = policy.weekly = 7;
  policy.within = std::chrono::hours(1);
  policy.best = {{"map50_95", KeepPolicy::Best::Mode::Max, 3}};
  std::vector<double> seconds;
  for (int round = 0; round < rounds(); ++round) {
    const Stopwatch watch;
    decide(items, policy, items.back().created);
    seconds.push_back(watch.spent().wall);
  }
  Json json = result(median(seconds) * 1e3, 10, Better::Lower);
  json["min"] = smallest(seconds) * 1e3;
  json["snapshots"] = kDecided;
  return json;
}

// Resident memory after a tenth of the snapshots and after all of them.
Json growth() {
  test::MemoryBackend backend;
  Store store(backend, OpenStore::CreateIfEmpty);
  SavePipeline::Options options;
  options.run = "bench";
  options.store = &store;
  options.keep.last = 10;
  options.grace = std::chrono::seconds(0);
  options.clock = [] { return Clock::now(); };
  SavePipeline pipeline(std::move(options));
  test::Floats weights = test::normal(20'000, 1);
  const auto save = [&](int64_t i) {
    weights[static_cast<size_t>(i) % weights.size()] += 0.01f;
    SavePipeline::Place* place = pipeline.take(true);
    test::add(pipeline.slot(*place), "state/model/w", weights);
    CutInfo cut;
    cut.iteration = i;
    cut.reason = "bench";
    pipeline.submit(*place, cut, {}, 0);
  };
  int64_t early = 0;
  for (int64_t i = 1; i <= kSaved; ++i) {
    save(i);
    if (i == kSaved / 10) {
      pipeline.flush();
      early = resident_bytes();
    }
  }
  pipeline.flush();
  const int64_t late = resident_bytes();
  Json json = result(static_cast<double>(late - early) / (1 << 20), 4, Better::Lower);
  json["early_bytes"] = early;
  json["late_bytes"] = late;
  json["of"] = "MiB by which the process grew from the 1,000th to the 10,000th snapshot";
  return json;
}

}  // namespace

void add_store_figures(std::vector<Figure>& figures) {
  figures.push_back({"snapshots_list_seconds", "cairn snapshots list over 10,000 snapshots", listing});
  figures.push_back({"retention_ms", "deciding over 100,000 snapshots", deciding});
  figures.push_back({"snapshot_memory_growth", "resident memory over 10,000 snapshots", growth});
}

}  // namespace cairn::bench
