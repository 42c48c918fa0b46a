// Counter-based random numbers: what a stream yields depends on its key alone, never on a thread or on what was drawn
// elsewhere. Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011).
#pragma once
#include <array>
#include <cstdint>
#include <span>

#include <cairn/error.h>

namespace cairn {

// A stream of random numbers. A value type: copying it copies its position. Every formula below is fixed for ever.
class CAIRN_API Rng {
 public:
  // The stream that belongs to a sequence of numbers, for example {seed, epoch, position, stage, occurrence}.
  explicit Rng(std::span<const uint64_t> key);
  Rng(std::initializer_list<uint64_t> key) : Rng(std::span<const uint64_t>(key.begin(), key.size())) {}

  uint32_t next_u32();
  uint64_t next_u64();
  double uniform();                         // [0, 1), 53 bits
  double uniform(double low, double high);  // [low, high)
  int64_t below(int64_t count);             // 0 .. count-1, without bias; count >= 1
  bool chance(double probability);          // true with this probability; always draws one number
  double normal();                          // mean 0, variance 1 (Box-Muller, one value per two draws)
  double gamma(double shape);               // Marsaglia and Tsang 2000; shape > 0
  double beta(double a, double b);          // a, b > 0
  Rng child(uint64_t tag) const;            // an independent stream; does not depend on the position of this one

 private:
  void refill();
  std::array<uint32_t, 2> key_{};
  uint64_t counter_high_ = 0;
  uint64_t counter_ = 0;
  std::array<uint32_t, 4> block_{};
  int used_ = 4;
};

// 64-bit FNV-1a of a text, for stage ids in keys.
CAIRN_API uint64_t hash_text(std::string_view text);

}  // namespace cairn
