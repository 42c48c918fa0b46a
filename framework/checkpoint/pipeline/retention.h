// Which snapshots stay: a pure function of the list, the policy and the time.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

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

// What the decision needs to know of a snapshot.
struct RetentionItem {
  int64_t epoch = 0;
  int64_t iteration = 0;
  std::chrono::system_clock::time_point created;
  std::map<std::string, double> metrics;  // empty: it was not evaluated
  uint64_t bytes = 0;                     // what forgetting it frees
  bool tagged = false;                    // or pinned
  bool branch_point = false;              // another run or a later process began from it
  bool unmirrored = false;                // a required mirror does not have it
};

// Why a snapshot stays, as bits. Forgotten: none.
enum class Keep : uint16_t {
  None = 0,
  Newest = 1,  // there is always one
  Last = 2,
  Best = 4,
  Epoch = 8,
  Iteration = 16,
  Hour = 32,
  Day = 64,
  Week = 128,
  Young = 256,
  Tagged = 512,
  BranchPoint = 1024,
  Unmirrored = 2048,
  Everything = 4096,  // there is no policy
  TooLarge = 8192,    // of one that goes: a rule would keep it, and max_bytes does not
};
constexpr Keep operator|(Keep a, Keep b) {
  return static_cast<Keep>(static_cast<uint16_t>(a) | static_cast<uint16_t>(b));
}
constexpr bool has(Keep all, Keep one) {
  return (static_cast<uint16_t>(all) & static_cast<uint16_t>(one)) != 0;
}
constexpr bool stays(Keep why) {
  return why != Keep::None && !has(why, Keep::TooLarge);
}
std::string reason_text(Keep why);  // "best, every so many epochs", or why it goes

// One verdict per item. Items are one run's line, in its order; times may jump. An epoch is represented by its last
// snapshot, a span of iterations by its first (after the evaluation there, when there was one). NaN is never best, and
// of equal ones the earlier is better.
std::vector<Keep> decide(std::span<const RetentionItem> items, const KeepPolicy& policy,
                         std::chrono::system_clock::time_point now);

}  // namespace cairn
