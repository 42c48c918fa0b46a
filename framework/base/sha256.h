// SHA-256 and hexadecimal text.
#pragma once
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cairn {

struct Hash {
  std::array<uint8_t, 32> bytes{};
  auto operator<=>(const Hash&) const = default;
  std::string hex() const;
  static std::optional<Hash> from_hex(std::string_view text);  // exactly 64 lower-case digits
};

// A hash is spread evenly already: its first bytes serve as the table's hash.
struct HashOfHash {
  size_t operator()(const Hash& hash) const {
    size_t value = 0;
    std::memcpy(&value, hash.bytes.data(), sizeof value);
    return value;
  }
};

Hash sha256(std::span<const std::byte> bytes);
inline Hash sha256(std::string_view text) {
  return sha256(std::as_bytes(std::span(text.data(), text.size())));
}

class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher& add(std::span<const std::byte> bytes);
  Hasher& add(std::string_view text) { return add(std::as_bytes(std::span(text.data(), text.size()))); }
  Hasher& add(const Hash& hash) { return add(std::as_bytes(std::span(hash.bytes))); }
  Hasher& add_u32(uint32_t value);  // little-endian
  Hasher& add_u64(uint64_t value);
  Hash finish();  // once

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string to_hex(std::span<const std::byte> bytes);
std::optional<std::string> from_hex(std::string_view text);  // lower-case digits, an even number

}  // namespace cairn
