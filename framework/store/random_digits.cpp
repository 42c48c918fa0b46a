#include "store/random_digits.h"

#include <array>

#include "base/sha256.h"
#include "store/seal/locked_bytes.h"

namespace cairn {

std::string random_digits() {
  std::array<std::byte, 8> raw{};
  fill_random(raw);
  return to_hex(raw);
}

}  // namespace cairn
