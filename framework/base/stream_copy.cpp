#include "base/stream_copy.h"

#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace cairn {

#ifdef __SSE2__

namespace {

constexpr size_t kLine = 64;                  // one line of the cache
constexpr size_t kLeast = size_t{16} * 1024;  // below, the copy stays in the caches, which is where it is read next

}  // namespace

void stream_copy(std::byte* to, const std::byte* from, size_t size) {
  const size_t head = (kLine - reinterpret_cast<uintptr_t>(to) % kLine) % kLine;
  if (size < kLeast) {
    std::memcpy(to, from, size);
    return;
  }
  std::memcpy(to, from, head);
  size_t at = head;
  for (; at + kLine <= size; at += kLine) {
    const auto* source = reinterpret_cast<const __m128i*>(from + at);
    auto* target = reinterpret_cast<__m128i*>(to + at);
    const __m128i a = _mm_loadu_si128(source), b = _mm_loadu_si128(source + 1), c = _mm_loadu_si128(source + 2),
                  d = _mm_loadu_si128(source + 3);
    _mm_stream_si128(target, a);
    _mm_stream_si128(target + 1, b);
    _mm_stream_si128(target + 2, c);
    _mm_stream_si128(target + 3, d);
  }
  _mm_sfence();  // before another thread is told that the bytes are there
  std::memcpy(to + at, from + at, size - at);
}

#else

void stream_copy(std::byte* to, const std::byte* from, size_t size) {
  std::memcpy(to, from, size);
}

#endif

}  // namespace cairn
