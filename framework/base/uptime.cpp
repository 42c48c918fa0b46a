#include "base/uptime.h"

#include <time.h>

namespace cairn {

std::chrono::steady_clock::time_point uptime() {
  timespec time{};
  if (clock_gettime(CLOCK_BOOTTIME, &time) != 0) return std::chrono::steady_clock::now();
  return std::chrono::steady_clock::time_point(std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

}  // namespace cairn
