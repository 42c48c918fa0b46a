// Threads of OpenMP that wait for each other spin for many milliseconds before they sleep. When one of them has lost
// its core for a moment, to what encodes a snapshot or to another program, all others burn theirs meanwhile. After a
// short spin the gap is free for others.
#pragma once
#include <cstdlib>

namespace cairn {

// To be called before OpenMP is loaded, which reads its environment then. False: somebody has decided already.
inline bool wait_politely() {
  constexpr const char* kSpins = "20000";  // half a millisecond
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return false;
  return setenv("GOMP_SPINCOUNT", kSpins, 1) == 0;
}

}  // namespace cairn
