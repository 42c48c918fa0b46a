#include "base/sha256_lanes.h"

#include <cairn/error.h>

#if defined(__x86_64__) && defined(__GNUC__)

#define OPENSSL_SUPPRESS_DEPRECATED  // no other interface goes on with a hash that was begun elsewhere
#include <immintrin.h>
#include <openssl/sha.h>

#include <algorithm>

#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // in the compiler's own header

#define CAIRN_AVX512 __attribute__((target("avx512f,avx512bw")))

namespace cairn {

namespace {

constexpr size_t kWords = 8;  // of a state

// FIPS 180-4, 4.2.2 and 5.3.3.
constexpr std::array<uint32_t, kWords> kBegin{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                              0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
constexpr std::array<uint32_t, 64> kRound{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

using Blocks = std::array<const std::byte*, kHashLanes>;
using Wide = __m512i;

constexpr int kXor = 0x96, kChoose = 0xCA, kMajority = 0xE8;  // of three bits, as a table

template <int kA, int kB, int kC>
CAIRN_AVX512 inline Wide rotations(Wide x) {
  return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, kA), _mm512_ror_epi32(x, kB), _mm512_ror_epi32(x, kC), kXor);
}

template <int kA, int kB, int kShift>
CAIRN_AVX512 inline Wide spread(Wide x) {
  return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, kA), _mm512_ror_epi32(x, kB), _mm512_srli_epi32(x, kShift),
                                   kXor);
}

// The 16 words of each lane's block, word by word: rows of lanes become rows of words.
CAIRN_AVX512 inline void load_words(const Blocks& blocks, size_t offset, Wide (&w)[16]) {
  const Wide swap = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  Wide a[16], b[16];
  for (size_t l = 0; l < 16; ++l) a[l] = _mm512_shuffle_epi8(_mm512_loadu_si512(blocks[l] + offset), swap);
  for (size_t i = 0; i < 16; i += 2) {
    b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
  }
  for (size_t i = 0; i < 16; i += 4) {
    a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
    a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
    a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
    a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
  }
  for (size_t i = 0; i < 4; ++i) {  // a[4 * quarter + i] holds words i, 4 + i, 8 + i, 12 + i of four lanes
    const Wide low = _mm512_shuffle_i32x4(a[i], a[4 + i], 0x88), high = _mm512_shuffle_i32x4(a[i], a[4 + i], 0xDD);
    const Wide low2 = _mm512_shuffle_i32x4(a[8 + i], a[12 + i], 0x88),
               high2 = _mm512_shuffle_i32x4(a[8 + i], a[12 + i], 0xDD);
    w[i] = _mm512_shuffle_i32x4(low, low2, 0x88);
    w[8 + i] = _mm512_shuffle_i32x4(low, low2, 0xDD);
    w[4 + i] = _mm512_shuffle_i32x4(high, high2, 0x88);
    w[12 + i] = _mm512_shuffle_i32x4(high, high2, 0xDD);
  }
}

}  // namespace

bool has_hash_lanes() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

void begin_lane(HashLanes& lanes, size_t lane) {
  for (size_t i = 0; i < kWords; ++i) lanes.words[i][lane] = kBegin[i];
}

CAIRN_AVX512 void add_to_lanes(HashLanes& lanes, const Blocks& blocks, size_t count) {
  Wide s[kWords];
  for (size_t i = 0; i < kWords; ++i) s[i] = _mm512_load_si512(lanes.words[i].data());
  for (size_t n = 0; n < count; ++n) {
    Wide w[16];
    load_words(blocks, n * kHashBlock, w);
    Wide v[kWords];
    std::copy(s, s + kWords, v);
#pragma GCC unroll 64
    for (size_t r = 0; r < kRound.size(); ++r) {
      // The registers' roles turn instead of their contents.
      const auto at = [r](size_t i) { return (i + kRound.size() - r) % kWords; };
      Wide &a = v[at(0)], &b = v[at(1)], &c = v[at(2)], &d = v[at(3)];
      Wide &e = v[at(4)], &f = v[at(5)], &g = v[at(6)], &h = v[at(7)];
      Wide& word = w[r % 16];
      if (r >= 16) {
        word =
            _mm512_add_epi32(_mm512_add_epi32(word, w[(r + 9) % 16]),
                             _mm512_add_epi32(spread<7, 18, 3>(w[(r + 1) % 16]), spread<17, 19, 10>(w[(r + 14) % 16])));
      }
      const Wide key = _mm512_add_epi32(word, _mm512_set1_epi32(static_cast<int>(kRound[r])));
      const Wide chosen = _mm512_add_epi32(rotations<6, 11, 25>(e), _mm512_ternarylogic_epi32(e, f, g, kChoose));
      const Wide t = _mm512_add_epi32(_mm512_add_epi32(h, key), chosen);
      d = _mm512_add_epi32(d, t);
      h = _mm512_add_epi32(t, _mm512_add_epi32(rotations<2, 13, 22>(a), _mm512_ternarylogic_epi32(a, b, c, kMajority)));
    }
    for (size_t i = 0; i < kWords; ++i) s[i] = _mm512_add_epi32(s[i], v[i]);
  }
  for (size_t i = 0; i < kWords; ++i) _mm512_store_si512(lanes.words[i].data(), s[i]);
}

// OpenSSL goes on from where the lane is.
Hash finish_lane(const HashLanes& lanes, size_t lane, uint64_t done_bytes, std::span<const std::byte> rest) {
  const uint64_t bits = 8 * done_bytes;
  SHA256_CTX context;
  SHA256_Init(&context);
  for (size_t i = 0; i < kWords; ++i) context.h[i] = lanes.words[i][lane];
  context.Nl = static_cast<uint32_t>(bits);
  context.Nh = static_cast<uint32_t>(bits >> 32);
  SHA256_Update(&context, rest.data(), rest.size());
  Hash hash;
  SHA256_Final(hash.bytes.data(), &context);
  return hash;
}

}  // namespace cairn

#else

namespace cairn {

bool has_hash_lanes() {
  return false;
}
void begin_lane(HashLanes&, size_t) {
  fail(Code::Internal, "no hash lanes");
}
void add_to_lanes(HashLanes&, const std::array<const std::byte*, kHashLanes>&, size_t) {
  fail(Code::Internal, "no hash lanes");
}
Hash finish_lane(const HashLanes&, size_t, uint64_t, std::span<const std::byte>) {
  fail(Code::Internal, "no hash lanes");
}

}  // namespace cairn

#endif
