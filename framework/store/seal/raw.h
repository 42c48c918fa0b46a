// What the functions of libsodium are called with. Of this folder only.
#pragma once
#include <sodium.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "store/seal/locked_bytes.h"

namespace cairn {

inline uint8_t* raw(std::span<std::byte> bytes) {
  return reinterpret_cast<uint8_t*>(bytes.data());
}

inline const uint8_t* raw(std::span<const std::byte> bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

inline const uint8_t* raw(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

// The key with this number that follows from a seed of crypto_kdf_KEYBYTES; `context` has crypto_kdf_CONTEXTBYTES.
inline LockedBytes derived(const LockedBytes& seed, const char* context, uint64_t number, size_t size) {
  LockedBytes out(size);
  crypto_kdf_derive_from_key(raw(out.bytes()), size, number, context, raw(seed.bytes()));
  return out;
}

}  // namespace cairn
