// The strict S3 server of tests/servers as a child process, and backends that use it.
#pragma once
#include <atomic>
#include <memory>
#include <string>

#include <cairn/backend.h>
#include <cairn/value.h>

#include "support/child_server.h"
#include "support/files.h"

namespace cairn::test {

// Ends with this object, or with this process.
class S3Server {
 public:
  S3Server();

  int port() const { return child_.port(); }
  pid_t process() const { return child_.process(); }
  std::string address() const;  // "http://127.0.0.1:<port>"
  // A request to the control side (see the server's documentation); the answer's body.
  std::string control(const std::string& method, const std::string& what, const std::string& json = "") const;
  void fault(const std::string& json) const { control("POST", "faults", json); }
  size_t count(const std::string& text) const;  // how often it occurs in the requests so far
  // Returns when the text has occurred so often; an error after 20 s.
  void wait_for(const std::string& text, size_t count) const;

  // Parameters of a backend on it, with keys that the server knows; sets the variables that hold them. Every call with
  // another prefix gives a fresh store.
  Table params(const std::string& prefix) const;

 private:
  TempFolder folder_;
  ChildServer child_{"s3_server.py"};
};

// The `s3` plugin, through its library.
std::unique_ptr<Backend> s3_backend(Table params, Logger* log = nullptr, const std::atomic<bool>* stop = nullptr);

}  // namespace cairn::test
