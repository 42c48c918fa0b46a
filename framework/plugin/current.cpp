#include "plugin/current.h"

#include <unistd.h>
#include <atomic>
#include <csignal>
#include <cstring>

namespace cairn {
namespace {

thread_local std::string_view current_plugin, current_stage;
std::atomic<long long> crash_epoch{-1}, crash_iteration{-1};

void say(std::string_view text) {
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;
}

void say(long long number) {
  char digits[24];
  int at = sizeof digits;
  unsigned long long rest = number < 0 ? 0 : static_cast<unsigned long long>(number);
  do {
    digits[--at] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  say(std::string_view(digits + at, sizeof digits - at));
}

std::string_view signal_name(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "segmentation fault";
    case SIGBUS:
      return "bus error";
    case SIGFPE:
      return "arithmetic error";
    case SIGILL:
      return "illegal instruction";
    default:
      return "abort";
  }
}

void on_crash(int signal) {
  say("\ncairn: ");
  say(signal_name(signal));
  if (!current_plugin.empty()) {
    say(" in plugin ");
    say(current_plugin);
    say(" (");
    say(current_stage);
    say(")");
  }
  if (crash_iteration >= 0) {
    say(", epoch ");
    say(crash_epoch + 1);
    say(", iteration ");
    say(crash_iteration);
  }
  say(". The newest snapshot stands; the same command continues from it.\n");
  std::signal(signal, SIG_DFL);
  raise(signal);
}

}  // namespace

InPlugin::InPlugin(std::string_view plugin, std::string_view stage)
    : outer_plugin_(current_plugin), outer_stage_(current_stage) {
  current_plugin = plugin;
  current_stage = stage;
}

InPlugin::~InPlugin() {
  current_plugin = outer_plugin_;
  current_stage = outer_stage_;
}

void install_crash_handler() {
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigaction(signal, &action, nullptr);
}

void set_crash_position(long long epoch, long long iteration) {
  crash_epoch = epoch;
  crash_iteration = iteration;
}

}  // namespace cairn
