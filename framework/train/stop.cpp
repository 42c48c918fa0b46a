#include "train/stop.h"

#include <csignal>
#include <string_view>
#include <unistd.h>

namespace cairn {
namespace {

// Signal handlers can reach nothing but process-wide objects.
std::atomic<bool> stop_wanted{false}, save_wanted{false};
std::atomic<int> last_signal{0};
struct sigaction former_term, former_int, former_usr1;

constexpr int kExitFailed = 1;

void on_signal(int signal) {
  if (signal == SIGUSR1) {
    save_wanted = true;
  } else {
    if (stop_wanted.exchange(true)) {
      constexpr std::string_view kText = "\ncairn: stopped at once; the newest snapshot stands, the same command continues from it\n";
      if (write(STDERR_FILENO, kText.data(), kText.size()) < 0) _exit(kExitFailed);
      _exit(kExitFailed);
    }
  }
  last_signal = signal;
}

}  // namespace

StopRequests::StopRequests(std::filesystem::path run_folder) : folder_(std::move(run_folder)) {
  stop_wanted = false;
  save_wanted = false;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &action, &former_term);
  sigaction(SIGINT, &action, &former_int);
  sigaction(SIGUSR1, &action, &former_usr1);
}

StopRequests::~StopRequests() {
  sigaction(SIGTERM, &former_term, nullptr);
  sigaction(SIGINT, &former_int, nullptr);
  sigaction(SIGUSR1, &former_usr1, nullptr);
}

Request StopRequests::take() {
  std::error_code error;
  if (std::filesystem::remove(folder_ / "stop", error)) {
    last_signal = 0;
    stop_wanted = true;
  }
  if (std::filesystem::remove(folder_ / "save", error)) save_wanted = true;
  if (stop_wanted) return Request::Stop;
  return save_wanted.exchange(false) ? Request::Save : Request::None;
}

const char* StopRequests::reason() const {
  switch (last_signal) {
    case SIGTERM: return "SIGTERM";
    case SIGINT: return "SIGINT";
    case SIGUSR1: return "SIGUSR1";
    default: return "file";
  }
}

const std::atomic<bool>& StopRequests::stop_flag() { return stop_wanted; }

}  // namespace cairn
