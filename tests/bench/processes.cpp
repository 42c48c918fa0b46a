// Figures of whole processes: start, resume, memory.
#include "bench/child.h"
#include "bench/figure.h"
#include "bench/rig.h"
#include "bench/stopwatch.h"
#include "checkpoint/pipeline/closure.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "store/find_snapshot.h"
#include "support/backends.h"

namespace cairn::bench {
namespace {

void expect_done(const Ended& ended, const std::filesystem::path& log) {
  if (ended.status != 0) fail(Code::Internal, "cairn ended with ", ended.status, ":\n", test::read_text(log));
}

// From start to end of a command that needs no pipeline.
Json command(const std::vector<std::string>& arguments, double target) {
  const test::TempFolder folder;
  const std::filesystem::path log = folder / "log.txt";
  std::vector<double> wall, cpu;
  for (int round = 0; round <= rounds(); ++round) {
    const Ended ended = Child(arguments, log).wait();
    expect_done(ended, log);
    if (round == 0) continue;  // reads the libraries from disk
    wall.push_back(ended.seconds);
    cpu.push_back(ended.cpu_seconds);
  }
  Json json = result(median(wall), target, Better::Lower);
  json["min"] = smallest(wall);
  json["core_seconds"] = median(cpu);
  return json;
}

Json peak_memory(const std::string& precision) {
  const test::TempFolder folder;
  const std::filesystem::path log = folder / "log.txt";
  RigOptions options;
  options.precision = precision;
  options.iterations = 30;
  const Ended ended = Child({"train", write_pipeline(folder.path(), options).string()}, log).wait();
  expect_done(ended, log);
  Json json = result(static_cast<double>(ended.peak_bytes), 2e9, Better::Lower);
  json["of"] = "cairn train: 30 iterations, evaluation, snapshots";
  return json;
}

class ResumedRun {
 public:
  // Trains for so many iterations, with a snapshot after each of `every`, and is killed.
  ResumedRun(int64_t iterations, int64_t every) {
    RigOptions options;
    options.scheduler = "bench_clock";
    options.more = cat("[plugins]\npath = [\"", CAIRN_BENCH_PLUGIN_DIR, "\"]\n[checkpoint]\nevery = [\"", every,
                       " iterations\"]\n");
    pipeline_ = write_pipeline(folder_.path(), options).string();
    Child child({"train", pipeline_}, log_, environment());
    for (int64_t i = 0; i < iterations; ++i) next_iteration();
    child.kill();
  }

  double seconds_to_first_forward() {
    pipe_.drop();
    Child child({"train", pipeline_}, log_, environment());
    const int64_t reached = next_iteration();
    child.kill();
    return static_cast<double>(reached - child.started_ns()) * 1e-9;
  }

  // Differences through which the deepest block of the newest snapshot is decoded.
  int depth() const {
    const auto backend = test::local_backend(folder_ / "store");
    Store store(*backend, OpenStore::MustExist);
    const auto line = line_of(read_infos(store, "bench", [](std::string_view) {}));
    uint16_t deepest = 0;
    Closure closure(store);
    for (const TableRow& row : read_table(store, manifest_of(store, line.back()), 1)) {
      for (const Hash& block : row.blocks) {
        deepest = std::max(deepest, closure.need(block).entry.header.depth);
      }
    }
    return deepest;
  }

  int64_t resumptions() const {
    const std::string log = test::read_text(log_), mark = "resumed run 'bench' from snapshot";
    int64_t count = 0;
    for (size_t at = log.find(mark); at != std::string::npos; at = log.find(mark, at + 1)) ++count;
    return count;
  }

 private:
  std::map<std::string, std::string> environment() const { return {{"CAIRN_BENCH_CLOCK", pipe_.path().string()}}; }
  int64_t next_iteration() {
    const auto line = pipe_.line(60'000);
    if (!line) fail(Code::Internal, "the run did not reach its next iteration:\n", test::read_text(log_));
    return std::stoll(*line);
  }

  test::TempFolder folder_;
  std::filesystem::path log_ = folder_ / "log.txt";
  Pipe pipe_{folder_ / "clock"};
  std::string pipeline_;
};

Json resume(int64_t iterations, int64_t every, double target) {
  ResumedRun run(iterations, every);
  std::vector<double> seconds;
  for (int round = 0; round < rounds(); ++round) seconds.push_back(run.seconds_to_first_forward());
  if (run.resumptions() != rounds())
    fail(Code::Internal, "of ", rounds(), " runs ", run.resumptions(), " were resumed");
  Json json = result(median(seconds), target, Better::Lower);
  json["min"] = smallest(seconds);
  json["depth"] = run.depth();
  json["of"] = "process start to the scheduler's first call, right before the first forward pass; kill -9 before each";
  return json;
}

}  // namespace

void add_process_figures(std::vector<Figure>& figures) {
  figures.push_back({"help_seconds", "cairn --help, from start to end", [] { return command({"--help"}, 0.5); }});
  figures.push_back({"plugin_list_seconds", "cairn plugin list with the built-in plugins, from start to end", [] {
                       return command({"plugin", "list"}, 1.0);
                     }});
  figures.push_back({"resume_first_forward_seconds", "cairn train on a run that was killed, to its first forward pass",
                     [] { return resume(10, 2, 1.0); }});
  figures.push_back(
      {"resume_first_forward_depth_8", "the same through a chain of 8 differences", [] { return resume(11, 1, 1.0); }});
  figures.push_back({"resume_first_forward_depth_32", "the same through a chain of 32 differences",
                     [] { return resume(34, 1, 2.5); }});
  figures.push_back({"peak_memory_bytes", "largest resident size of cairn train", [] { return peak_memory("fp32"); }});
  figures.push_back({"peak_memory_bf16_bytes", "the same with bf16 autocast", [] { return peak_memory("bf16"); }});
}

}  // namespace cairn::bench
