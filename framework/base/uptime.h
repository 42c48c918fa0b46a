// A clock for what must not be missed while the machine sleeps.
#pragma once
#include <chrono>

namespace cairn {

// As steady_clock::now(), but the time that the machine was suspended counts. [any thread]
std::chrono::steady_clock::time_point uptime();

}  // namespace cairn
