// Time for reports; nothing numeric depends on it.
#pragma once
#include <chrono>

namespace cairn {

inline double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace cairn
