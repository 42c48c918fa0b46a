// Memory of LibTorch's tensors on the CPU, for a process that trains.
#pragma once
#include <cstdint>

namespace cairn {

// From now on large CPU tensors take their memory from blocks that went free before: an iteration needs what the one
// before it needed, and memory fresh from the system costs a page fault for every 4 KiB. Blocks in use and kept
// together never exceed 1.25 times the most that was in use at once. For the whole process; further calls do nothing.
// [setup]
void reuse_tensor_memory();

struct TensorMemory {
  int64_t in_use_bytes = 0;  // of large tensors
  int64_t kept_bytes = 0;    // free, for the next tensor of about that size
  int64_t peak_bytes = 0;    // most that was in use at once
};
TensorMemory tensor_memory();  // [any thread]

}  // namespace cairn
