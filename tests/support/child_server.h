// A program of tests/servers as a child process: it prints its port and ends when its input closes.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

namespace cairn::test {

// Ends with this object, or with this process. FailedPrecondition, with what to install, when an optional one cannot
// start.
class ChildServer {
 public:
  ChildServer(const std::string& program, const std::vector<std::string>& arguments = {});
  ~ChildServer();
  ChildServer(const ChildServer&) = delete;
  ChildServer& operator=(const ChildServer&) = delete;
  int port() const { return port_; }
  pid_t process() const { return child_; }

 private:
  void end();
  int port_ = 0;
  int input_ = -1;
  pid_t child_ = 0;
};

}  // namespace cairn::test
