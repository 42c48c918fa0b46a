#include "dataset/order.h"

#include <bit>

#include <cairn/random.h>

namespace cairn {
namespace {

constexpr uint64_t kOrderStream = 0x6F72646572u;  // "order"

uint64_t scramble(uint64_t x) {  // splitmix64's finaliser (Steele, Lea, Flood 2014)
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

}  // namespace

EpochOrder::EpochOrder(uint64_t seed, int64_t epoch, int64_t size, Shuffle shuffle) : size_(size), shuffle_(shuffle) {
  if (size < 0) fail(Code::InvalidArgument, "an epoch cannot have ", size, " samples");
  const int bits = size > 1 ? std::bit_width(static_cast<uint64_t>(size - 1)) : 1;
  half_bits_ = (bits + 1) / 2;
  Rng rng({seed, static_cast<uint64_t>(epoch), kOrderStream});
  for (uint64_t& key : keys_) key = rng.next_u64();
}

uint64_t EpochOrder::permute(uint64_t value) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  uint64_t left = value >> half_bits_, right = value & mask;
  for (uint64_t key : keys_) {
    const uint64_t next = left ^ (scramble(right + key) & mask);
    left = right;
    right = next;
  }
  return left << half_bits_ | right;
}

int64_t EpochOrder::at(int64_t position) const {
  if (position < 0 || position >= size_) {
    fail(Code::InvalidArgument, "position ", position, " lies outside an epoch of ", size_, " samples");
  }
  if (shuffle_ == Shuffle::Off) return position;
  uint64_t value = permute(static_cast<uint64_t>(position));
  while (value >= static_cast<uint64_t>(size_)) value = permute(value);
  return static_cast<int64_t>(value);
}

}  // namespace cairn
