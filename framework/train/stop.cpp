#include "train/stop.h"

#include <unistd.h>
#include <array>
#include <csignal>
#include <string_view>

namespace cairn {
namespace {

// Signal handlers can reach nothing but process-wide objects.
std::atomic<bool> stop_flagged{false}, save_flagged{false}, asked_before{false};
std::atomic<int> last_signal{0};

constexpr int kHandled[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE};
std::array<struct sigaction, std::size(kHandled)> former;

constexpr int kExitFailed = 1;

void say(std::string_view text) {
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;  // nobody listens
}

// A terminal that closes may say so more than once, and whoever ends a session sends SIGTERM beside it: only a second
// SIGTERM or SIGINT is impatience.
void on_stop(int signal) {
  const bool first = !stop_flagged.exchange(true);
  if (first) last_signal = signal;
  if (signal != SIGHUP && asked_before.exchange(true)) {
    say("\ncairn: stopped at once; the newest snapshot stands, the same command continues from it\n");
    _exit(kExitFailed);
  }
  if (first) say("\ncairn: saving, then stopping; a second signal stops at once\n");
}

void on_save(int signal) {
  save_flagged = true;
  last_signal = signal;
}

// A handler, and not SIG_IGN: programs that are started get the default back.
void on_gone_reader(int) {}

void (*handler_of(int signal))(int) {
  return signal == SIGUSR1 ? on_save : signal == SIGPIPE ? on_gone_reader : on_stop;
}

}  // namespace

StopRequests::StopRequests(std::filesystem::path run_folder) : folder_(std::move(run_folder)) {
  stop_flagged = false;
  save_flagged = false;
  asked_before = false;
  for (size_t i = 0; i < former.size(); ++i) {
    sigaction(kHandled[i], nullptr, &former[i]);
    if (kHandled[i] == SIGHUP && former[i].sa_handler == SIG_IGN) continue;  // nohup
    struct sigaction action {};
    action.sa_handler = handler_of(kHandled[i]);
    action.sa_flags = SA_RESTART;
    sigaction(kHandled[i], &action, nullptr);
  }
}

StopRequests::~StopRequests() {
  for (size_t i = 0; i < former.size(); ++i) sigaction(kHandled[i], &former[i], nullptr);
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
    case SIGHUP:
      return "SIGHUP";
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
