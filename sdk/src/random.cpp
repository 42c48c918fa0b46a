#include <cairn/random.h>

#include <cmath>
#include <numbers>

namespace cairn {
namespace {

uint64_t mix(uint64_t x) {  // splitmix64's finaliser
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  constexpr uint64_t kMultiplier0 = 0xD2511F53u, kMultiplier1 = 0xCD9E8D57u;
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = kMultiplier0 * counter[0], product1 = kMultiplier1 * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(product0)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

}  // namespace

uint64_t hash_text(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (unsigned char byte : text) hash = (hash ^ byte) * 0x100000001B3u;
  return hash;
}

Rng::Rng(std::span<const uint64_t> key) {
  uint64_t low = 0x6361697261726E21u, high = key.size();
  for (uint64_t word : key) {
    low = mix(low ^ word);
    high = mix(high + low);
  }
  key_ = {static_cast<uint32_t>(low), static_cast<uint32_t>(low >> 32)};
  counter_high_ = high;
}

void Rng::refill() {
  block_ = philox({static_cast<uint32_t>(counter_), static_cast<uint32_t>(counter_ >> 32),
                   static_cast<uint32_t>(counter_high_), static_cast<uint32_t>(counter_high_ >> 32)},
                  key_);
  ++counter_;
  used_ = 0;
}

uint32_t Rng::next_u32() {
  if (used_ == 4) refill();
  return block_[used_++];
}

uint64_t Rng::next_u64() {
  const uint64_t low = next_u32();
  return low | static_cast<uint64_t>(next_u32()) << 32;
}

double Rng::uniform() {
  return static_cast<double>(next_u64() >> 11) * 0x1p-53;
}

double Rng::uniform(double low, double high) {
  return low + (high - low) * uniform();
}

int64_t Rng::below(int64_t count) {
  if (count < 1) fail(Code::InvalidArgument, "Rng::below needs a count of at least 1, found ", count);
  const uint64_t n = static_cast<uint64_t>(count), biased = (0 - n) % n;  // 2^64 mod n values would be too likely
  uint64_t drawn = next_u64();
  while (drawn < biased) drawn = next_u64();
  return static_cast<int64_t>(drawn % n);
}

bool Rng::chance(double probability) {
  return uniform() < probability;
}

double Rng::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

double Rng::gamma(double shape) {
  if (!(shape > 0)) fail(Code::InvalidArgument, "Rng::gamma needs a positive shape, found ", shape);
  if (shape < 1) return gamma(shape + 1) * std::pow(1.0 - uniform(), 1.0 / shape);
  const double d = shape - 1.0 / 3.0, c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = normal(), v = std::pow(1.0 + c * x, 3.0), u = 1.0 - uniform();
    if (v > 0 && std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double Rng::beta(double a, double b) {
  const double x = gamma(a), y = gamma(b);
  return x / (x + y);
}

Rng Rng::child(uint64_t tag) const {
  return Rng({static_cast<uint64_t>(key_[0]) | static_cast<uint64_t>(key_[1]) << 32, counter_high_, tag});
}

}  // namespace cairn
