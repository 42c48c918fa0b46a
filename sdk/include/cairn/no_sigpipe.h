// A write to a peer that is gone shall be an error, not the end of the process.
#pragma once
#include <csignal>

#include <cairn/error.h>

namespace cairn {

// [any thread] While it lives, SIGPIPE does not reach this thread; one that was raised meanwhile is gone. Other threads
// and the process's handlers are left alone.
class CAIRN_API NoSigpipe {
 public:
  NoSigpipe();
  ~NoSigpipe();
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  sigset_t before_;
  bool pending_;  // already, when it began: somebody else's
};

}  // namespace cairn
