#include "bench/stopwatch.h"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>

namespace cairn::bench {
namespace {

double seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Spent now() {
  return {seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID)};
}

}  // namespace

Spent& Spent::operator+=(const Spent& other) {
  wall += other.wall;
  cpu += other.cpu;
  return *this;
}

Stopwatch::Stopwatch() : begin_(now()) {}

Spent Stopwatch::spent() const {
  const Spent end = now();
  return {end.wall - begin_.wall, end.cpu - begin_.cpu};
}

double thread_cpu_seconds() {
  return seconds(CLOCK_THREAD_CPUTIME_ID);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double smallest(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

int rounds() {
  const char* text = std::getenv("CAIRN_BENCH_ROUNDS");
  return text == nullptr ? 7 : std::max(1, std::atoi(text));
}

}  // namespace cairn::bench
