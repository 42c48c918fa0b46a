// A copy of much memory that nobody reads soon.
#pragma once
#include <cstddef>

namespace cairn {

// As memcpy. The destination is written past the caches where the processor can, which saves reading it first, and
// leaves in the caches what was there.
void stream_copy(std::byte* to, const std::byte* from, size_t size);

}  // namespace cairn
