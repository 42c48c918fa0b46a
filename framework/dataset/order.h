// The order in which an epoch visits the samples: a permutation that is computed, not stored.
#pragma once
#include <array>
#include <cstdint>

namespace cairn {

enum class Shuffle { Off, On };

// A bijection of [0, size) that depends on (seed, epoch) alone: a balanced Feistel network over the smallest even
// number of bits that holds `size`, walked until it lands inside (Black and Rogaway: Ciphers with arbitrary finite
// domains; 2002). Its keys come from cairn::Rng. Costs O(1) memory and O(1) expected time at any position. [value, any
// thread]
class EpochOrder {
 public:
  EpochOrder(uint64_t seed, int64_t epoch, int64_t size, Shuffle shuffle);
  int64_t size() const { return size_; }
  int64_t at(int64_t position) const;  // position in [0, size); outside is InvalidArgument

 private:
  static constexpr int kRounds = 12;
  uint64_t permute(uint64_t value) const;
  std::array<uint64_t, kRounds> keys_{};
  int64_t size_ = 0;
  int half_bits_ = 0;
  Shuffle shuffle_ = Shuffle::Off;
};

}  // namespace cairn
