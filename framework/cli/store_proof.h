// Whether a store can do what cairn needs, found out by doing it.
#pragma once
#include <string>
#include <vector>

#include <cairn/backend.h>

namespace cairn {

struct StoreProof {
  std::string what;  // "put", "conditional put", ...
  bool good = false;
  std::string detail;  // what was found, or why it does not work: the missing permission, by name
};

// Every proof is tried, so that all that is missing is known at once; objects below kProbePrefix appear and go.
std::vector<StoreProof> prove_store(Backend& backend);

}  // namespace cairn
