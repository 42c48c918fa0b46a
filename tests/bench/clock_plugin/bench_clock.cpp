// A scheduler that says when it is asked, which is right before an iteration's forward pass: it writes the monotonic
// clock's nanoseconds, one line per iteration, to the pipe that CAIRN_BENCH_CLOCK names.
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include <cairn/scheduler.h>

namespace {

void tell_time() {
  const char* path = std::getenv("CAIRN_BENCH_CLOCK");
  if (path == nullptr) return;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::string line = std::to_string(now.tv_sec * 1'000'000'000LL + now.tv_nsec) + "\n";
  const int file = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return;
  if (write(file, line.data(), line.size()) < 0) cairn::fail(cairn::Code::Unavailable, "cannot write to ", path);
  close(file);
}

struct Params {
  double lr = 0.01, momentum = 0.937;
};

class BenchClock final : public cairn::Scheduler {
 public:
  explicit BenchClock(const Params& params) : params_(params) {}
  cairn::Rates rates(const cairn::Progress& at, cairn::GroupKind group) const override {
    if (std::exchange(told_, at.iteration) != at.iteration) tell_time();
    return {params_.lr, params_.momentum, group == cairn::GroupKind::Decay ? 0.0005 : 0};
  }
  int64_t accumulation(const cairn::Progress&) const override { return 1; }

 private:
  Params params_;
  mutable int64_t told_ = -1;  // newest iteration
};

}  // namespace

CAIRN_PLUGIN("bench.clock", "1.0.0",
             cairn::scheduler<BenchClock, Params>("bench_clock", "constant rates; tells when an iteration begins")
                 .param("lr", &Params::lr, cairn::range(0, 1), "learning rate")
                 .param("momentum", &Params::momentum, cairn::range(0, 1), "momentum"))
