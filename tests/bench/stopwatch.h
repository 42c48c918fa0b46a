// Time spent, on the wall and on the cores.
#pragma once
#include <vector>

namespace cairn::bench {

struct Spent {
  double wall = 0, cpu = 0;  // seconds; cpu of all threads of this process
  Spent& operator+=(const Spent& other);
  Spent operator/(double by) const { return {wall / by, cpu / by}; }
};

// Runs from its making.
class Stopwatch {
 public:
  Stopwatch();
  Spent spent() const;

 private:
  Spent begin_;
};

double thread_cpu_seconds();  // of the calling thread alone
double median(std::vector<double> values);
double smallest(const std::vector<double>& values);
int rounds();  // CAIRN_BENCH_ROUNDS, else 7; at least 1

}  // namespace cairn::bench
