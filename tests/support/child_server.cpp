#include "support/child_server.h"
#include "support/files.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include <cairn/error.h>

namespace cairn::test {

namespace {

constexpr std::string_view kMissing = "missing: ";  // what an optional one prints

std::string read_line(int from) {
  std::string line;
  char c = 0;
  while (read(from, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

}  // namespace

ChildServer::ChildServer(const std::string& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"python3", (source_dir() / "tests/servers" / program).string()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& each : all) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) fail(Code::Internal, "no pipe");
  child_ = fork();
  if (child_ < 0) fail(Code::Internal, "fork failed");
  if (child_ == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    execvp(pointers[0], pointers.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  input_ = in[1];
  const std::string line = read_line(out[0]);
  port_ = std::atoi(line.c_str());
  close(out[0]);
  if (port_ != 0) return;
  end();
  if (line.starts_with(kMissing)) fail(Code::FailedPrecondition, program, " needs ", line.substr(kMissing.size()));
  fail(Code::Unavailable, "the test server ", program, " did not start; it needs python3");
}

ChildServer::~ChildServer() {
  end();
}

void ChildServer::end() {
  close(input_);
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
}

}  // namespace cairn::test
