// What a run was computed with, as texts that a snapshot records and a resume compares.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include <cairn/state.h>

#include "config/load.h"
#include "plugin/registry.h"
#include "train/device.h"

namespace cairn {

using Environment = std::map<std::string, std::string>;  // "precision" -> "fp32"

// Device, precision, threads, libraries, CPU, and per plugin in use "plugin/<kind> <type>" -> "<version> <SHA-256>".
Environment describe_environment(const Compute& compute, const Pipeline& pipeline, Registry& registry);

struct Difference {
  std::string what, was, is;
  std::string flag;  // value of --allow that goes on nevertheless: "device", "precision", "threads", "libraries",
                     // "plugins", "pipeline", "dataset"
};

// Record of a cut: environment, the pipeline as TOML, its numeric values, the fingerprints of both sets.
struct RunRecord {
  Environment environment;
  std::string pipeline_toml;
  std::map<std::string, std::string> numerics;
  std::string train_fingerprint, val_fingerprint;
  double seconds = 0;  // spent training, all processes together

  void save(StateWriter& to) const;
  void load(const StateReader& from);
};

// What would make a resumed run differ from an uninterrupted one. Length of the run and patience are no difference:
// a finished run may be extended.
std::vector<Difference> differences(const RunRecord& snapshot, const RunRecord& now);
// Differences without their flag in `allowed` are FailedPrecondition, one note each; the others are said as warnings.
void check_differences(const std::vector<Difference>& found, const std::set<std::string>& allowed, Logger& log);

}  // namespace cairn
