#include "bench/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>

#include <cairn/error.h>

namespace cairn::bench {
namespace {

int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& more) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!more.contains(text.substr(0, text.find('=')))) all.push_back(text);
  }
  for (const auto& [name, value] : more) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

std::filesystem::path cairn_executable() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "cairn";
}

Child::Child(const std::vector<std::string>& arguments, const std::filesystem::path& log,
             const std::map<std::string, std::string>& environment) {
  std::vector<std::string> words{cairn_executable().string()}, variables = environment_with(environment);
  words.insert(words.end(), arguments.begin(), arguments.end());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  started_ns_ = monotonic_ns();
  const int error =
      posix_spawn(&pid_, words[0].c_str(), &actions, nullptr, pointers_to(words).data(), pointers_to(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail(Code::NotFound, "cannot start ", words[0], ": error ", error, "; build the target cairn");
}

Child::~Child() {
  if (pid_ > 0) kill();
}

Ended Child::wait() {
  int status = 0;
  rusage usage{};
  while (wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  Ended ended;
  ended.seconds = static_cast<double>(monotonic_ns() - started_ns_) * 1e-9;
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  ended.peak_bytes = int64_t{usage.ru_maxrss} * 1024;
  return ended;
}

void Child::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
  wait();
}

Pipe::Pipe(std::filesystem::path path) : path_(std::move(path)) {
  if (mkfifo(path_.c_str(), 0600) != 0) fail(Code::Unavailable, "cannot make the pipe ", path_.string());
  file_ = open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);  // also for writing, so that it never ends
  if (file_ < 0) fail(Code::Unavailable, "cannot open the pipe ", path_.string());
}

Pipe::~Pipe() {
  close(file_);
}

std::optional<std::string> Pipe::line(int timeout_ms) {
  size_t end = 0;
  while ((end = read_.find('\n')) == std::string::npos) {
    pollfd wanted{file_, POLLIN, 0};
    std::array<char, 256> text{};
    if (poll(&wanted, 1, timeout_ms) <= 0) return std::nullopt;
    const ssize_t size = read(file_, text.data(), text.size());
    if (size <= 0) return std::nullopt;
    read_.append(text.data(), static_cast<size_t>(size));
  }
  std::string first = read_.substr(0, end);
  read_.erase(0, end + 1);
  return first;
}

void Pipe::drop() {
  while (line(0)) {
  }
}

}  // namespace cairn::bench
