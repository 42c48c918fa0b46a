#include "plugin/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <cairn/error.h>

#include "plugin/crash.h"

namespace cairn {
namespace {

constexpr int kReturned = 112, kThrew = 113;  // exit codes of the child; a plugin that calls exit() has another
using Clock = std::chrono::steady_clock;

// A pipe whose both ends are closed with the object.
struct Pipe {
  int read_end = -1, write_end = -1;
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail(Code::Internal, "no pipe to a child process: ", std::strerror(errno));
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    close_end(read_end);
    close_end(write_end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  static void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }
};

void write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<size_t>(count));
  }
}

// An endless loop in a plugin does not outlive who looks at it.
void end_with(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kThrew);
}

[[noreturn]] void be_child(pid_t parent, const std::function<void(const Say&)>& run, Pipe& said, Pipe& printed) {
  end_with(parent);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(printed.write_end, STDOUT_FILENO);
  dup2(printed.write_end, STDERR_FILENO);
  int code = kReturned;
  try {
    run([&](std::string_view text) { write_all(said.write_end, text); });
  } catch (const std::exception& error) {
    std::fflush(nullptr);
    write_all(STDERR_FILENO, error.what());
    code = kThrew;
  } catch (...) {
    std::fflush(nullptr);
    write_all(STDERR_FILENO, "an exception that is no std::exception was thrown");
    code = kThrew;
  }
  std::fflush(nullptr);
  _exit(code);
}

// Takes what is there; false at the end of the stream.
bool take(int file, std::string& to) {
  std::array<char, 1 << 14> buffer;
  const ssize_t count = read(file, buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  if (count == 0) return false;
  const size_t room = kMostChildOutput - std::min(kMostChildOutput, to.size());
  to.append(buffer.data(), std::min(room, static_cast<size_t>(count)));
  return true;
}

// Reads both streams until both ended; false when nothing was said for too long.
bool listen_to(Pipe& said, Pipe& printed, ChildEnd& end, std::chrono::milliseconds limit) {
  Clock::time_point until = Clock::now() + limit;
  std::array<pollfd, 2> watched{pollfd{said.read_end, POLLIN, 0}, pollfd{printed.read_end, POLLIN, 0}};
  std::array<std::string*, 2> to{&end.said, &end.printed};
  while (watched[0].fd >= 0 || watched[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    if (poll(watched.data(), watched.size(), static_cast<int>(std::min<int64_t>(left, 1000))) < 0 && errno != EINTR)
      return false;
    for (size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].fd < 0 || watched[i].revents == 0) continue;
      if (!take(watched[i].fd, *to[i])) watched[i].fd = -1;
      if (i == 0) until = Clock::now() + limit;
    }
  }
  return true;
}

}  // namespace

std::string ChildEnd::ending() const {
  switch (how) {
    case How::Returned:
      return "returned";
    case How::Threw:
      return "threw an exception";
    case How::Exited:
      return cat("ended the process with exit code ", number);
    case How::Crashed:
      return cat("crashed with ", crash_name(number), " (signal ", number, ")");
    case How::TimedOut:
      return cat("did not end within ", number, " s and was killed");
  }
  return "?";
}

ChildEnd run_in_child(const std::function<void(const Say& say)>& run, std::chrono::milliseconds limit) {
  Pipe said, printed;
  std::fflush(nullptr);
  const pid_t self = getpid(), child = fork();
  if (child < 0) fail(Code::Internal, "no child process: ", std::strerror(errno));
  if (child == 0) be_child(self, run, said, printed);
  Pipe::close_end(said.write_end);
  Pipe::close_end(printed.write_end);
  ChildEnd end;
  const bool in_time = listen_to(said, printed, end, limit);
  if (!in_time) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (!in_time) {
    end.how = ChildEnd::How::TimedOut;
    end.number = static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(limit).count());
  } else if (WIFSIGNALED(status)) {
    end.how = ChildEnd::How::Crashed;
    end.number = WTERMSIG(status);
  } else if (const int code = WEXITSTATUS(status); code != kReturned) {
    end.how = code == kThrew ? ChildEnd::How::Threw : ChildEnd::How::Exited;
    end.number = code;
  }
  return end;
}

}  // namespace cairn
