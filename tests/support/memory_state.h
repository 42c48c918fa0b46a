// The state tree in memory of the conformance kit.
#pragma once
#include <cairn/memory_state.h>

namespace cairn::test {

using conformance::MemoryState;

}  // namespace cairn::test
