#include "plugin/crash.h"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <climits>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <cairn/error.h>

#include "plugin/current.h"

namespace cairn {
namespace {

std::atomic<long long> crash_epoch{-1}, crash_iteration{-1};
std::array<char, PATH_MAX> crash_file{};  // empty: crashes are not written down

// A line put together without allocating. Longer ones are cut.
class Line {
 public:
  void add(std::string_view text) {
    const size_t count = std::min(text.size(), sizeof text_ - size_);
    std::memcpy(text_ + size_, text.data(), count);
    size_ += count;
  }
  void add(long long number) {
    char digits[24];
    int at = sizeof digits;
    unsigned long long rest = number < 0 ? 0 : static_cast<unsigned long long>(number);
    do {
      digits[--at] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    add(std::string_view(digits + at, sizeof digits - at));
  }
  std::string_view text() const { return {text_, size_}; }

 private:
  char text_[1024];
  size_t size_ = 0;
};

void put(int file, std::string_view text) {
  if (write(file, text.data(), text.size()) < 0) return;
}

// A sample is named by its own epoch: a worker is ahead of the iteration that the training thread is in.
void add_place(Line& line, const Whereabouts& at) {
  if (!at.plugin.empty()) {
    line.add(" in plugin ");
    line.add(at.plugin);
    line.add(" (");
    line.add(at.stage);
    line.add(")");
  }
  if (at.sample.position >= 0) {
    line.add(", epoch ");
    line.add(at.sample.epoch + 1);
    line.add(", sample ");
    line.add(at.sample.position);
    line.add(" (picture ");
    line.add(at.sample.index);
    line.add(" of the dataset)");
  } else if (crash_iteration >= 0) {
    line.add(", epoch ");
    line.add(crash_epoch + 1);
    line.add(", iteration ");
    line.add(crash_iteration);
  }
}

void on_crash(int signal) {
  Line place;
  place.add(crash_name(signal));
  add_place(place, whereabouts());
  put(STDERR_FILENO, "\ncairn: ");
  put(STDERR_FILENO, place.text());
  if (whereabouts().sample.position >= 0 && crash_iteration >= 0) {
    Line iteration;
    iteration.add("; training was at iteration ");
    iteration.add(crash_iteration);
    put(STDERR_FILENO, iteration.text());
  }
  put(STDERR_FILENO, ". The newest snapshot stands; the same command continues from it.\n");
  if (crash_file[0] != '\0') {
    place.add("\n");
    const int file = open(crash_file.data(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file >= 0) put(file, place.text());
  }
  std::signal(signal, SIG_DFL);
  raise(signal);
}

}  // namespace

std::string_view crash_name(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "segmentation fault";
    case SIGBUS:
      return "bus error";
    case SIGFPE:
      return "arithmetic error";
    case SIGILL:
      return "illegal instruction";
    case SIGABRT:
      return "abort";
    case SIGKILL:
      return "kill";
    default:
      return "signal";
  }
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

void record_crashes_in(const std::filesystem::path& file) {
  const std::string path = std::filesystem::absolute(file).string();
  if (path.size() >= crash_file.size()) fail(Code::InvalidArgument, "path too long: ", path);
  std::copy(path.c_str(), path.c_str() + path.size() + 1, crash_file.begin());
}

void refuse_crash_loop(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line, last;
  int in_row = 0;
  while (std::getline(in, line)) {
    in_row = line == last ? in_row + 1 : 1;
    last = line;
  }
  if (in_row < kCrashesInARow) return;
  fail(Code::FailedPrecondition, "not started again, because it crashed ", in_row,
       " times in a row at the same place: ", last,
       ". The newest snapshot stands. Mend or replace that plugin, or leave ", "it out; then remove ", file.string(),
       " and give the same command");
}

}  // namespace cairn
