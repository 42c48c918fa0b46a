// What a mirror takes from a training beyond the snapshots themselves, when every iteration's snapshot goes into it as
// fast as it can.
#include <sys/resource.h>

#include "bench/figure.h"
#include "bench/snapshot_run.h"
#include "bench/stopwatch.h"
#include "support/files.h"
#include "support/s3_server.h"

namespace cairn::bench {
namespace {

constexpr int64_t kBlock = 6;  // iterations of one side's turn

// Seconds of a block, every iteration of which is saved.
double block(SnapshotRun& run) {
  const Stopwatch watch;
  for (int64_t i = 0; i < kBlock; ++i) {
    run.iterate();
    run.save(Wait::No);
  }
  return watch.spent().wall;
}

// Two trainings take turns, with a mirror and without. Nothing is left to do in the background when a turn begins.
Json slow_down(Backend& mirror) {
  RigOptions options;
  options.precision = "fp32";
  SnapshotRun with(options, {}, &mirror), without(options, {});
  for (SnapshotRun* run : {&with, &without}) block(*run);
  std::vector<double> mirrored, alone, left;
  MirrorStatus status = with.drain();
  without.flush();
  const uint64_t before = status.received_bytes;
  for (int round = 0; round < rounds(); ++round) {
    mirrored.push_back(block(with));
    const Stopwatch rest;
    status = with.drain();
    left.push_back(rest.spent().wall);
    alone.push_back(block(without));
    without.flush();
  }
  if (!status.trouble.empty()) fail(Code::Unavailable, "the mirror: ", status.trouble);
  const auto blocks = static_cast<double>(mirrored.size());
  Json json = result(median(mirrored) / median(alone) - 1, 0.01, Better::Lower);
  json["of_minima"] = smallest(mirrored) / smallest(alone) - 1;
  json["iteration_ms"] = median(alone) / kBlock * 1e3;
  json["left_ms"] = median(left) * 1e3;
  json["megabytes_an_iteration"] = static_cast<double>(status.received_bytes - before) / blocks / kBlock / 1e6;
  return json;
}

Json in_folder() {
  const test::TempFolder folder;
  const auto mirror = test::local_backend(folder / "mirror");
  return slow_down(*mirror);
}

// The server is another machine's, so it gets only what this one has to spare.
Json in_bucket() {
  const test::S3Server server;
  setpriority(PRIO_PROCESS, static_cast<id_t>(server.process()), 19);
  const auto mirror = test::s3_backend(server.params("bench"));
  return slow_down(*mirror);
}

}  // namespace

void add_mirror_figures(std::vector<Figure>& figures) {
  figures.push_back(
      {"mirror_slow_down_folder", "slow-down by a mirror in a folder, beyond that by snapshots", in_folder});
  figures.push_back({"mirror_slow_down_bucket", "the same in a bucket", in_bucket});
}

}  // namespace cairn::bench
