// A whole run: from a loaded pipeline to its end, or to a request to stop.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "config/load.h"
#include "plugin/registry.h"

namespace cairn {

enum class Begin {
  NewOrContinue,  // continues when the run has snapshots
  Fresh,          // FailedPrecondition when the run has snapshots
  Continue        // NotFound when it has none
};

struct TrainRequest {
  LoadResult config;
  LoadRequest how;  // of loading another pipeline: the one that a snapshot recorded
  Begin begin = Begin::NewOrContinue;
  // Continue from this one: the beginning of an id, or "@<iteration>", which is replayed when it lies between two
  // snapshots; empty: the newest intact one.
  std::string snapshot;
  std::set<std::string> allow;  // differences that are accepted on a resume
  std::string command;          // what continues this run, for messages
};

struct TrainResult {
  bool interrupted = false;
  std::string snapshot, digest;     // of the newest snapshot; empty when it was interrupted before training
  std::vector<std::string> behind;  // required mirrors that lack a snapshot
};

// [train thread] Everything that goes wrong is an Error; what was published before it stays.
TrainResult train(const TrainRequest& request, Registry& registry, Logger& log);

}  // namespace cairn
