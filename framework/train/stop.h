// Requests from outside: signals and files in the run's folder. Seen between iterations.
#pragma once
#include <atomic>
#include <filesystem>

namespace cairn {

// SIGTERM, SIGINT and SIGHUP, unless that is ignored: save, then stop. SIGUSR1: save and go on. A second SIGTERM or
// SIGINT ends the process at once; the newest snapshot stands. A file `stop` or `save` in the run's folder means the
// same; it is removed when it has been seen. Output that nobody reads any more ends nothing. One object per process,
// made before any thread that shall not see the signals. [setup]
class StopRequests {
 public:
  explicit StopRequests(std::filesystem::path run_folder);
  ~StopRequests();  // gives the signals their former handlers back
  StopRequests(const StopRequests&) = delete;
  StopRequests& operator=(const StopRequests&) = delete;

  bool stop_wanted();                           // [train thread] stays true
  bool take_save();                             // [train thread] forgotten once taken
  const char* reason() const;                   // of the newest request: "SIGTERM", "file stop", ...
  static const std::atomic<bool>& stop_flag();  // [any thread] set by a request to stop

 private:
  std::filesystem::path folder_;
};

}  // namespace cairn
