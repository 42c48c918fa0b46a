// For tests of what happens when memory ends; each in a process of its own.
#pragma once
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

namespace cairn::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kAddressSpaceMayEnd = false;  // a sanitizer takes more of it than may be left
#else
inline constexpr bool kAddressSpaceMayEnd = true;
#endif

// From now on the process gets no more than so many bytes beside what it has.
inline void leave_address_space(uint64_t bytes) {
  uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) + bytes;
  setrlimit(RLIMIT_AS, &limit);
}

}  // namespace cairn::test
