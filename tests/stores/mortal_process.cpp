#include "stores/mortal_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <cairn/error.h>

namespace cairn::test {

namespace {

// Empty when the process has gone.
std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Git's part for a remote in a folder: it is another machine's.
bool is_of_the_remote(pid_t process) {
  const std::string command = text_of(cat("/proc/", process, "/cmdline"));
  return command.find("receive-pack") != std::string::npos || command.find("upload-pack") != std::string::npos;
}

// Those of a process that is stopped, and theirs.
std::vector<pid_t> descendants(pid_t process) {
  std::vector<pid_t> all;
  std::error_code problem;
  for (const auto& task : std::filesystem::directory_iterator(cat("/proc/", process, "/task"), problem)) {
    std::istringstream children(text_of(task.path() / "children"));
    for (pid_t child = 0; children >> child;) {
      if (is_of_the_remote(child)) continue;
      all.push_back(child);
      const auto theirs = descendants(child);
      all.insert(all.end(), theirs.begin(), theirs.end());
    }
  }
  return all;
}

void wait_microseconds(int64_t microseconds) {
  const timespec time{0, microseconds * 1000};
  nanosleep(&time, nullptr);
}

void end(pid_t child, const Death& death) {
  wait_microseconds(death.microseconds);
  kill(child, SIGSTOP);
  const auto others = death.with_children ? descendants(child) : std::vector<pid_t>{};
  kill(child, SIGKILL);
  for (const pid_t each : others) kill(each, SIGKILL);
}

[[noreturn]] void be_child(const std::function<void(Told&)>& act, int to) {
  Told told(to);
  try {
    act(told);
  } catch (const std::exception& error) {
    told.trouble(error.what());
  }
  _exit(0);
}

}  // namespace

void Told::say(const std::string& text) {
  if (write(to_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) _exit(1);
}

Life live(const std::function<void(Told&)>& act, const Death* death) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail(Code::Internal, "no pipe");
  const pid_t child = fork();
  if (child < 0) fail(Code::Internal, "fork failed");
  if (child == 0) be_child(act, ends[1]);
  close(ends[1]);
  Life life;
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = read(ends[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<size_t>(count));
    life.operations += static_cast<size_t>(std::count(buffer, buffer + count, '.'));
    if (death == nullptr || life.killed || life.operations < death->operations) continue;
    life.killed = true;
    end(child, *death);
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  const size_t trouble = text.find('!');
  if (trouble != std::string::npos) life.trouble = text.substr(trouble + 1);
  text.resize(std::min(trouble, text.size()));
  std::replace(text.begin(), text.end(), '.', ' ');
  std::istringstream promises(text);
  for (int64_t each = 0; promises >> each;) life.promised = std::max(life.promised, each);
  return life;
}

}  // namespace cairn::test
