#include <cairn/process.h>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <cairn/error.h>

#include <cairn/no_sigpipe.h>

extern char** environ;

namespace cairn {

namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kKeptErrors = 64u << 10;

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail(Code::ResourceExhausted, "cannot make a pipe: ", std::strerror(errno));
    read = ends[0];
    write = ends[1];
  }
  ~Pipe() {
    close_end(read);
    close_end(write);
  }
  static void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }
};

struct SpawnSettings {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
};

std::vector<std::string> environment_of(const Program& program) {
  std::vector<std::string> all;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string text = *each;
    bool replaced = false;
    for (const auto& [name, value] : program.environment) replaced = replaced || text.starts_with(name + "=");
    if (!replaced) all.push_back(text);
  }
  for (const auto& [name, value] : program.environment) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// A process group of its own, so that ending it ends what it has started.
pid_t start(const Program& program, Pipe& in, Pipe& out, Pipe& err) {
  SpawnSettings settings;
  posix_spawn_file_actions_adddup2(&settings.actions, in.read, 0);
  posix_spawn_file_actions_adddup2(&settings.actions, out.write, 1);
  posix_spawn_file_actions_adddup2(&settings.actions, err.write, 2);
  if (!program.folder.empty()) posix_spawn_file_actions_addchdir_np(&settings.actions, program.folder.c_str());
  posix_spawnattr_setflags(&settings.attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&settings.attributes, 0);
  std::vector<std::string> arguments = program.arguments, environment = environment_of(program);
  pid_t child = 0;
  const int problem = posix_spawnp(&child, arguments[0].c_str(), &settings.actions, &settings.attributes,
                                   pointers(arguments).data(), pointers(environment).data());
  if (problem != 0) {
    fail(problem == ENOENT ? Code::NotFound : Code::FailedPrecondition, "cannot run '", program.arguments[0],
         "': ", std::strerror(problem));
  }
  return child;
}

class Conversation {
 public:
  Conversation(const Program& program, Pipe& in, Pipe& out, Pipe& err)
      : program_(program), in_(in), out_(out), err_(err), end_(Clock::now() + program.limit) {
    fcntl(in_.write, F_SETFL, O_NONBLOCK);
    if (program_.input.empty()) Pipe::close_end(in_.write);
  }

  void hold(Finished& into) {
    while (out_.read >= 0 || err_.read >= 0) {
      if (program_.stop != nullptr && *program_.stop)
        fail(Code::Cancelled, "'", program_.arguments[0], "' was stopped");
      if (Clock::now() > end_) {
        fail(Code::Unavailable, "'", program_.arguments[0], "' did not end within ", program_.limit.count(), " s");
      }
      pollfd ends[] = {{out_.read, POLLIN, 0}, {err_.read, POLLIN, 0}, {in_.write, POLLOUT, 0}};
      poll(ends, 3, 100);
      if (ends[0].revents != 0) take(out_.read, into.output, program_.largest_output, true);
      if (ends[1].revents != 0) take(err_.read, into.errors, kKeptErrors, false);
      if (ends[2].revents != 0) give();
    }
  }

 private:
  void take(int& end, std::string& into, size_t most, bool strict) {
    char buffer[16384];
    const ssize_t count = read(end, buffer, sizeof buffer);
    if (count <= 0) {
      if (count == 0 || errno != EINTR) Pipe::close_end(end);
      return;
    }
    if (strict && into.size() + static_cast<size_t>(count) > most) {
      fail(Code::ResourceExhausted, "'", program_.arguments[0], "' wrote more than ", most, " bytes");
    }
    into.append(buffer, std::min(static_cast<size_t>(count), most - std::min(most, into.size())));
  }

  void give() {
    const NoSigpipe quiet;
    const ssize_t count = write(in_.write, program_.input.data() + given_, program_.input.size() - given_);
    if (count > 0) given_ += static_cast<size_t>(count);
    const bool broken = count < 0 && errno != EAGAIN && errno != EINTR;
    if (broken || given_ == program_.input.size()) Pipe::close_end(in_.write);
  }

  const Program& program_;
  Pipe &in_, &out_, &err_;
  Clock::time_point end_;
  size_t given_ = 0;
};

// Empty: the system tells nobody, as in a process that ignores SIGCHLD.
std::optional<int> wait_for(pid_t child) {
  int status = 0;
  pid_t ended = 0;
  do {
    ended = waitpid(child, &status, 0);
  } while (ended < 0 && errno == EINTR);
  if (ended < 0) return std::nullopt;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Finished run_program(const Program& program) {
  if (program.arguments.empty()) fail(Code::InvalidArgument, "a command needs a program");
  Pipe in, out, err;
  Finished finished;
  const pid_t child = start(program, in, out, err);
  Pipe::close_end(in.read);
  Pipe::close_end(out.write);
  Pipe::close_end(err.write);
  try {
    Conversation(program, in, out, err).hold(finished);
  } catch (...) {
    kill(-child, SIGKILL);
    wait_for(child);
    throw;
  }
  const std::optional<int> status = wait_for(child);
  if (!status) {
    fail(Code::FailedPrecondition, "how '", program.arguments[0], "' ended is not known: ", std::strerror(errno),
         ". Start this process from one that does not ignore SIGCHLD");
  }
  finished.status = *status;
  return finished;
}

void no_core_dumps() {
  rlimit limit{};
  if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = 0;
  setrlimit(RLIMIT_CORE, &limit);
}

}  // namespace cairn
