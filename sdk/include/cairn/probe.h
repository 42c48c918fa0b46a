// Optional ability of a backend, "cairn.probe/1": it proves what the host cannot see through the interface, for example
// sending in parts. `Backend::extension` returns a BackendProbe.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include <cairn/error.h>

namespace cairn {

// One thing that a store must be able to do. `look` returns what was found ("parts of 8 MiB"); it throws Error when it
// does not work, naming what is missing. What it writes it removes again where it may.
struct Proof {
  std::string what;
  std::function<std::string()> look;
};

class CAIRN_API BackendProbe {
 public:
  virtual ~BackendProbe() = default;
  virtual std::vector<Proof> proofs() = 0;  // [io, concurrent] borrow the backend
};

}  // namespace cairn
