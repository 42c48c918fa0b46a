// The training loop: stages by name, no special case of a plugin, a backend or a device.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "train/iteration.h"
#include "train/monitors.h"
#include "train/recorder.h"
#include "train/run_folder.h"
#include "train/saver.h"
#include "train/stop.h"
#include "train/validation.h"

namespace cairn {

enum class Outcome { Done, Interrupted };

// Borrowed parts of a run, in the order in which the loop calls them.
struct LoopParts {
  const Pipeline& pipeline;
  Stages& stages;
  RunState& state;
  Loader& loader;
  Iteration& iteration;
  Validation& validation;
  Saver& saver;
  Recorder& recorder;
  RunFolder& folder;
  Monitors& monitors;
  StopRequests& requests;
  Logger& log;
  int64_t last_iteration;  // the run ends before it
};

class Loop {
 public:
  explicit Loop(LoopParts parts) : run_(parts) {}
  // From the cut that `state` describes to the end of the run, or to a request to stop. Interrupted: everything is
  // saved.
  Outcome run();
  std::string stop_reason() const { return stop_reason_; }

 private:
  void train();
  void save_as_asked();
  bool evaluate();  // false: a request to stop came in between; the evaluation is still due
  std::optional<EvaluationResult> evaluate_average();
  void judge(const EvaluationResult& result);
  bool evaluation_due(bool stepped) const;
  bool finished() const;
  bool stop_wanted();
  void guard_finite(const IterationReport& report);
  void keep_weights(bool best);

  LoopParts run_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::string stop_reason_;
};

}  // namespace cairn
