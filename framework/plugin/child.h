// Runs a function in a child process, so that a crash or an endless loop in a plugin harms nobody.
#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace cairn {

// What became of the child. Both texts are cut at kMostChildOutput.
struct ChildEnd {
  enum class How { Returned, Threw, Exited, Crashed, TimedOut } how = How::Returned;
  int number = 0;              // Exited: the code; Crashed: the signal
  std::string said;            // what it handed to `say`; also what it said before it crashed
  std::string printed;         // standard output and error together; Threw: the message comes last
  std::string ending() const;  // for people: "crashed with segmentation fault", "did not end within 10 s"
};

inline constexpr size_t kMostChildOutput = size_t{4} << 20;

using Say = std::function<void(std::string_view)>;

// Forks: the caller must be the only thread of its process. The child gets /dev/null as input and ends when `run`
// returns, throws, or `limit` has passed since it last said something (then it is killed). Internal when no process can
// be made.
ChildEnd run_in_child(const std::function<void(const Say& say)>& run, std::chrono::milliseconds limit);

}  // namespace cairn
