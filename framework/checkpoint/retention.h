// Which snapshots stay: a pure function of the list, the policy and the time.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/snapshot.h"

namespace cairn {

// The union of the rules; all zero or empty keeps everything. [value]
struct KeepPolicy {
  struct Best {
    std::string metric;
    enum class Mode { Min, Max } mode = Mode::Max;
    int64_t count = 1;
  };
  int64_t last = 0;
  std::vector<Best> best;
  int64_t every_epochs = 0;
  int64_t every_iterations = 0;
  int64_t hourly = 0, daily = 0, weekly = 0;  // the newest of each of so many hours, days, weeks
  std::chrono::seconds within{0};             // everything younger
  bool tagged = true;
  uint64_t max_bytes = 0;  // thins what is left, never below `last`
  bool keeps_all() const {
    return last == 0 && best.empty() && every_epochs == 0 && every_iterations == 0 && hourly == 0 && daily == 0 &&
           weekly == 0 && within.count() == 0 && max_bytes == 0;
  }
};

}  // namespace cairn
