// What a snapshot is, for whoever saves, lists and restores one. No tensors.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace cairn {

// The moment between two iterations at which a state was taken. [value]
struct CutInfo {
  int64_t epoch = 0;
  int64_t position = 0;   // iterations of this epoch that are done
  int64_t iteration = 0;  // iterations that are done, over all epochs
  int64_t step = 0;       // optimizer steps taken
  bool evaluation_due = false;
  std::string reason;                     // "epoch", "iterations", "steps", "time", "signal", "evaluated", "end", ...
  std::map<std::string, double> metrics;  // of the evaluation at this cut; empty when there was none
};

// What a manifest says about a snapshot. [value]
struct SnapshotInfo {
  std::string id;  // 64 hex digits
  std::string run;
  int64_t sequence = 0;          // counts along a run
  int64_t generation = 0;        // of the writer: a later process has a higher one
  int64_t generation_start = 0;  // the first sequence number of this generation
  std::string parent;            // id of the snapshot before it; empty for the first
  std::chrono::system_clock::time_point created;
  CutInfo cut;
  std::string digest;       // of everything under state/, 64 hex digits: equal digests mean equal bits
  uint64_t size_bytes = 0;  // of the raw state
  int64_t entries = 0;      // tensors and scalars, both parts
};

// The beginnings that people see; enough to tell one from another.
inline std::string short_id(const std::string& id) {
  return id.substr(0, 12);
}
inline std::string short_digest(const std::string& digest) {
  return digest.substr(0, 16);
}

}  // namespace cairn
