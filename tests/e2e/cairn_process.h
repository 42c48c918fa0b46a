// The real executable as a child process, on a tiny pipeline.
#pragma once
#include <sys/types.h>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "support/files.h"

namespace cairn::test {

struct Ended {
  int exit_code = -1;  // -1: ended by a signal
  int signal = 0;
  std::string output, errors;
};

// What is different about a child's surroundings.
struct Surroundings {
  std::map<std::string, std::string> environment;  // on top of the test's own
  uint64_t largest_file = 0;                       // bytes; beyond, a write fails as on a full disk. 0: no limit
  enum class Errors { Kept, Unread, Closed } errors = Errors::Kept;  // unread: a pipe without a reader
};

// A cairn that runs. Its folder is the working folder; standard output and error go to files in it.
class CairnProcess {
 public:
  CairnProcess(const std::filesystem::path& folder, std::vector<std::string> arguments,
               const Surroundings& surroundings = {});
  ~CairnProcess();  // kills it when it still runs
  CairnProcess(const CairnProcess&) = delete;
  CairnProcess& operator=(const CairnProcess&) = delete;
  pid_t pid() const { return pid_; }
  void signal(int number);
  Ended wait();
  void lift_file_limit();
  // Polls until `met` or the end of the process; false when it ended first. Internal after two minutes.
  bool wait_until(const std::function<bool()>& met);

 private:
  bool ended();
  std::filesystem::path folder_;
  pid_t pid_ = -1;
  int status_ = 0;
};

Ended run_cairn(const std::filesystem::path& folder, std::vector<std::string> arguments,
                const Surroundings& surroundings = {});

// The keys of the model's table.
inline constexpr const char* kTinyModel =
    "type = \"yolov8\"\nvariant = \"custom\"\ndepth = 0.33\nwidth = 0.03125\nmax_channels = 512\npreset = "
    "\"current\"\n";

// A run of a network under 50 thousand parameters on sixteen real pictures; a second or two.
class TinyRun {
 public:
  explicit TinyRun(std::vector<std::string> extra_tables = {}, const std::string& model = kTinyModel);
  const std::filesystem::path& folder() const { return folder_.path(); }
  std::vector<std::string> train(const std::string& run, std::vector<std::string> more = {}) const;
  // Rows of the run's journal without their measured columns.
  std::vector<std::string> journal(const std::string& run) const;
  // State digest of the run's newest snapshot, from the store.
  std::string digest(const std::string& run) const;
  std::string log(const std::string& run) const;  // what it has said so far, all its processes together
  bool has_said(const std::string& run, const std::string& text) const;
  std::filesystem::path store(const std::string& run) const { return folder() / "runs/store/snapshots" / run; }
  int64_t iterations_done(const std::string& run) const;  // rows of iterations in the journal so far

 private:
  TempFolder folder_;
};

}  // namespace cairn::test
