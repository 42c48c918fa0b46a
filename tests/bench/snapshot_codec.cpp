// How fast one core encodes and restores.
#include <algorithm>

#include "bench/figure.h"
#include "bench/snapshot_run.h"
#include "bench/stopwatch.h"
#include "checkpoint/memory_cut.h"
#include "checkpoint/pipeline/tree_encoder.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "train/predictions.h"

namespace cairn::bench {
namespace {

// Two states of a real run, one step apart, encoded and read again over a store in memory by one thread.
class OneStep {
 public:
  OneStep() : run_(RigOptions(), {}), before_((iterate(4), cut())), after_((iterate(1), cut())) {
    CutInfo before;
    before.step = run_.computation().state.at.step - 1;
    predictions_ = predictions_since(before, run_.computation().state, run_.computation().stages);
  }
  double encode_rate() {
    test::MemoryBackend backend;
    Store store(backend, OpenStore::CreateIfEmpty);
    const std::vector<TableRow> first = write_tree(store, before_.leaves(), {}).rows;
    const double begin = thread_cpu_seconds();
    const WrittenTree second = write_tree(store, after_.leaves(), behind(first));
    return static_cast<double>(second.size_bytes) / (thread_cpu_seconds() - begin) / 1e6;
  }
  double restore_rate() {
    test::MemoryBackend backend;
    Store store(backend, OpenStore::CreateIfEmpty);
    const std::vector<TableRow> first = write_tree(store, before_.leaves(), {}).rows;
    const WrittenTree second = write_tree(store, after_.leaves(), behind(first));
    Slot slot;
    std::vector<std::span<std::byte>> room;
    for (const TableRow& row : second.rows) room.push_back(slot.add(row.entry));
    const double begin = thread_cpu_seconds();
    read_rows(
        store, second.rows, [&](size_t i) { return room[i]; }, 1);
    // A base that is read on the way is work, too, and no result.
    return static_cast<double>(second.size_bytes) / (thread_cpu_seconds() - begin) / 1e6;
  }

 private:
  EncodeSettings behind(std::span<const TableRow> first) const {
    EncodeSettings settings;
    settings.base = {before_.leaves(), first};
    settings.predictions = predictions_;
    return settings;
  }
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

// What the machine is: SHA-256 of one message after the other.
double hash_rate() {
  const std::vector<std::byte> bytes(kBlockSize);
  std::vector<double> rates;
  for (int round = 0; round < 9; ++round) {
    const double begin = thread_cpu_seconds();
    sha256(bytes);
    rates.push_back(kBlockSize / (thread_cpu_seconds() - begin) / 1e6);
  }
  return median(rates);
}

Json rate(double target, double (OneStep::*measure)()) {
  OneStep step;
  std::vector<double> rates;
  for (int round = 0; round < rounds(); ++round) rates.push_back((step.*measure)());
  Json json = result(median(rates), target, Better::Higher);
  json["max"] = *std::max_element(rates.begin(), rates.end());
  json["sha256_mb_per_second"] = hash_rate();
  json["of"] = "MB of raw state per second of one core; a snapshot one step behind its base, hashes included";
  return json;
}

}  // namespace

void add_snapshot_codec_figures(std::vector<Figure>& figures) {
  figures.push_back(
      {"snapshot_encode_mb_per_second", "encoding by one core", [] { return rate(400, &OneStep::encode_rate); }});
  figures.push_back(
      {"snapshot_restore_mb_per_second", "restoring by one core", [] { return rate(800, &OneStep::restore_rate); }});
}

}  // namespace cairn::bench
