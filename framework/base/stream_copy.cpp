#include "base/stream_copy.h"

#include <cstdint>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace cairn {

#ifdef __x86_64__

namespace {

constexpr size_t kLine = 64;                  // one line of the cache
constexpr size_t kLeast = size_t{16} * 1024;  // below, the copy stays in the caches, which is where it is read next

// Whole lines; `to` begins one. A line that is written by one store goes to memory sooner than one that is put together
// of several.
__attribute__((target("avx512f"))) void stream_lines_wide(std::byte* to, const std::byte* from, size_t size) {
  for (size_t at = 0; at < size; at += kLine) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to + at), _mm512_loadu_si512(from + at));
  }
}

void stream_lines(std::byte* to, const std::byte* from, size_t size) {
  for (size_t at = 0; at < size; at += kLine) {
    const auto* source = reinterpret_cast<const __m128i*>(from + at);
    auto* target = reinterpret_cast<__m128i*>(to + at);
    const __m128i a = _mm_loadu_si128(source), b = _mm_loadu_si128(source + 1), c = _mm_loadu_si128(source + 2),
                  d = _mm_loadu_si128(source + 3);
    _mm_stream_si128(target, a);
    _mm_stream_si128(target + 1, b);
    _mm_stream_si128(target + 2, c);
    _mm_stream_si128(target + 3, d);
  }
}

}  // namespace

void stream_copy(std::byte* to, const std::byte* from, size_t size) {
  if (size < kLeast) {
    std::memcpy(to, from, size);
    return;
  }
  const size_t head = (kLine - reinterpret_cast<uintptr_t>(to) % kLine) % kLine;
  const size_t lines = (size - head) / kLine * kLine, tail = size - head - lines;
  std::memcpy(to, from, head);
  const bool wide = __builtin_cpu_supports("avx512f");
  (wide ? stream_lines_wide : stream_lines)(to + head, from + head, lines);
  _mm_sfence();  // before another thread is told that the bytes are there
  std::memcpy(to + size - tail, from + size - tail, tail);
}

#else

void stream_copy(std::byte* to, const std::byte* from, size_t size) {
  std::memcpy(to, from, size);
}

#endif

}  // namespace cairn
