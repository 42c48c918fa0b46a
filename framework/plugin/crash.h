// Crashes: said to people in one line, written down, and a run that crashes again and again at one place is stopped.
#pragma once
#include <filesystem>
#include <string_view>

namespace cairn {

// "segmentation fault", "abort", ...
std::string_view crash_name(int signal);

// On SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT: says in which plugin, at which stage, epoch, iteration and sample,
// and what to do; then the signal takes its usual course. Async-signal-safe. Call once, from main.
void install_crash_handler();
void set_crash_position(long long epoch, long long iteration);  // [train thread]

// From now on each crash also appends its line to `file`. The last call counts; the file is made by the first crash.
void record_crashes_in(const std::filesystem::path& file);

// How often the same place must crash, one crash after the other, before a run is not started again.
inline constexpr int kCrashesInARow = 3;

// FailedPrecondition when the newest lines of `file` are kCrashesInARow equal ones: the line, and how to go on. An
// absent file is fine.
void refuse_crash_loop(const std::filesystem::path& file);

}  // namespace cairn
