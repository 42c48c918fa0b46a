// A loop over several threads that lasts as long as the call.
#pragma once
#include <cstddef>
#include <functional>

namespace cairn {

// Calls body(i) for 0 <= i < count, from up to `threads` threads, the caller's among them, lower i begun first. Returns
// when all are done. The first exception ends the loop early and is thrown here.
void parallel_for(size_t count, int threads, const std::function<void(size_t)>& body);

int machine_threads();  // at least 1

// Processor time of the calling thread since it began, with that of the threads that parallel_for ran for it.
double cpu_seconds_of_this_thread();

}  // namespace cairn
