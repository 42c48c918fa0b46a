// Where tests keep stores: a folder, and servers that speak S3 or Git LFS. One list, so that a suite runs on each.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <cairn/backend.h>
#include <cairn/file.h>
#include <cairn/log.h>
#include <cairn/value.h>

namespace cairn::test {

// [one thread] Its server starts with the first use and ends with the process.
class Place {
 public:
  virtual ~Place() = default;
  virtual std::string type() const = 0;  // of the backend
  // Parameters of a backend. Those of one store see the same objects; what a machine has of its own goes below `own`.
  virtual Table params(const std::string& store, const Path& own) const = 0;
  // Makes empty objects, faster than one after the other where there is a way.
  virtual void fill(const std::string& store, const Path& own, const std::vector<std::string>& keys) const;
  virtual size_t page_size() const { return 1000; }  // of its listings, at most
};

// Of the default run; with CAIRN_TEST_ALL the names of all, also of servers that are not installed.
std::vector<std::string> place_names();
// FailedPrecondition, saying what to install, when the server is not there.
const Place& place(const std::string& name);
// That text; empty when the place can be used.
std::string missing(const std::string& name);

std::unique_ptr<Backend> open_backend(const Place& place, const std::string& store, const Path& own,
                                      Logger* log = nullptr, const std::atomic<bool>* stop = nullptr);

}  // namespace cairn::test
