#include "train/stop.h"

#include <unistd.h>
#include <csignal>
#include <string_view>

namespace cairn {
namespace {

// Signal handlers can reach nothing but process-wide objects.
std::atomic<bool> stop_flagged{false}, save_flagged{false};
std::atomic<int> last_signal{0};
struct sigaction former_term, former_int, former_usr1;

constexpr int kExitFailed = 1;

void on_signal(int signal) {
  if (signal == SIGUSR1) {
    save_flagged = true;
  } else if (stop_flagged.exchange(true)) {
    constexpr std::string_view kText =
        "\ncairn: stopped at once; the newest snapshot stands, the same command continues from it\n";
    if (write(STDERR_FILENO, kText.data(), kText.size()) < 0) _exit(kExitFailed);
    _exit(kExitFailed);
  }
  last_signal = signal;
}

}  // namespace

StopRequests::StopRequests(std::filesystem::path run_folder) : folder_(std::move(run_folder)) {
  stop_flagged = false;
  save_flagged = false;
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

bool StopRequests::stop_wanted() {
  std::error_code error;
  if (std::filesystem::remove(folder_ / "stop", error)) {
    last_signal = 0;
    stop_flagged = true;
  }
  return stop_flagged;
}

bool StopRequests::take_save() {
  std::error_code error;
  if (std::filesystem::remove(folder_ / "save", error)) {
    last_signal = 0;
    save_flagged = true;
  }
  return save_flagged.exchange(false);
}

const char* StopRequests::reason() const {
  switch (last_signal) {
    case SIGTERM:
      return "SIGTERM";
    case SIGINT:
      return "SIGINT";
    case SIGUSR1:
      return "SIGUSR1";
    default:
      return "file";
  }
}

const std::atomic<bool>& StopRequests::stop_flag() {
  return stop_flagged;
}

}  // namespace cairn
