// Runs another program, without a shell; and keeps this one's secrets out of core dumps.
#pragma once
#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cairn/error.h>

namespace cairn {

struct Program {
  std::vector<std::string> arguments;                            // the program first; searched in PATH
  std::vector<std::pair<std::string, std::string>> environment;  // on top of this process's
  std::string input;
  std::string folder;  // working folder; empty: this process's
  std::chrono::seconds limit{600};
  size_t largest_output = 16u << 20;  // of standard output; of standard error the first 64 KiB are kept
  const std::atomic<bool>* stop = nullptr;
};

struct Finished {
  int status = 0;  // exit status; 128 + the signal's number when one ended it
  std::string output, errors;
};

// NotFound when there is no such program. Unavailable when the time limit passed, Cancelled when `stop` was set, both
// after the program has been ended. ResourceExhausted when it wrote too much.
CAIRN_API Finished run_program(const Program& program);

// For a process that holds secrets: it leaves no core dump from now on.
CAIRN_API void no_core_dumps();

}  // namespace cairn
