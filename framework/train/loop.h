// The training loop: stages by name, no special case of a plugin, a backend or a device.
#pragma once
#include <chrono>
#include <string>

#include "train/computation.h"
#include "train/monitors.h"
#include "train/recorder.h"
#include "train/run_folder.h"
#include "train/saver.h"
#include "train/stop.h"

namespace cairn {

// NotFinite: a loss was not finite and the pipeline asks for another try from a snapshot; the state is of no use.
enum class Outcome { Done, Interrupted, NotFinite };

// Borrowed parts of a run, in the order in which the loop calls them.
struct LoopParts {
  Computation& computation;
  Loader& loader;
  Saver& saver;
  Recorder& recorder;
  RunFolder& folder;
  Monitors& monitors;
  StopRequests& requests;
  Logger& log;
  std::chrono::steady_clock::time_point started;  // of the process, for the time budget
};

class Loop {
 public:
  explicit Loop(LoopParts parts) : run_(parts) {}
  // From the cut that `state` describes to the end of the run, or to a request to stop. Interrupted: everything is
  // saved.
  Outcome run();
  std::string stop_reason() const { return stop_reason_; }
  // Whether `state` is that of a cut and all of its rows are recorded: not when an error came from within an iteration.
  bool at_a_cut() const { return at_a_cut_; }

 private:
  bool train();  // false: the iteration was not finite, see Outcome
  void save_as_asked();
  bool evaluate();  // false: a request to stop came in between; the evaluation is still due
  bool stop_wanted();
  bool tolerated(const IterationReport& report);
  void keep_weights(bool best);

  LoopParts run_;
  Computation& computation_ = run_.computation;
  RunState& state_ = computation_.state;
  std::string stop_reason_;
  bool at_a_cut_ = true;
};

}  // namespace cairn
