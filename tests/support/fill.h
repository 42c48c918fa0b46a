// The deterministic values of golden files (tests/goldens/fill.py states the rule). Pure functions of a name.
#pragma once
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

namespace cairn::test {

// `count` values in [0, 1).
inline std::vector<double> uniform(std::string_view name, int64_t count) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  std::vector<double> values(count);
  for (int64_t i = 0; i < count; ++i) {
    uint64_t x = hash + static_cast<uint64_t>(i) + 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    x ^= x >> 31;
    values[i] = static_cast<double>(x >> 11) * 0x1p-53;
  }
  return values;
}

}  // namespace cairn::test
