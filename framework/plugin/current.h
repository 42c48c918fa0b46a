// Which plugin a thread is in, for messages and for the crash handler.
#pragma once
#include <string_view>

namespace cairn {

// Marks this thread as being inside `plugin` at `stage` until the object dies. Both texts must outlive it.
class InPlugin {
 public:
  InPlugin(std::string_view plugin, std::string_view stage);
  ~InPlugin();
  InPlugin(const InPlugin&) = delete;
  InPlugin& operator=(const InPlugin&) = delete;

 private:
  std::string_view outer_plugin_, outer_stage_;
};

// On SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT: says in which plugin, at which stage and iteration, and what to do;
// then the signal takes its usual course. Async-signal-safe. Call once, from main.
void install_crash_handler();
void set_crash_position(long long epoch, long long iteration);  // [train thread]

}  // namespace cairn
