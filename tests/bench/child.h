// The real executable as a child process.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cairn::bench {

std::filesystem::path cairn_executable();  // beside this program

struct Ended {
  int status = 0;  // exit code, or 128 + signal
  double seconds = 0, cpu_seconds = 0;
  int64_t peak_bytes = 0;  // resident
};

class Child {
 public:
  // Output goes to the file `log`. The clock starts here.
  Child(const std::vector<std::string>& arguments, const std::filesystem::path& log,
        const std::map<std::string, std::string>& environment = {});
  ~Child();  // kills it if it still runs
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  int64_t started_ns() const { return started_ns_; }  // monotonic clock
  Ended wait();
  void kill();

 private:
  pid_t pid_ = -1;
  int64_t started_ns_ = 0;
};

// A named pipe from which lines are awaited.
class Pipe {
 public:
  explicit Pipe(std::filesystem::path path);
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::optional<std::string> line(int timeout_ms);  // nothing when it takes longer
  void drop();                                      // what has come and was not read

 private:
  std::filesystem::path path_;
  int file_ = -1;
  std::string read_;
};

}  // namespace cairn::bench
