// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) where the bytes lie. libsodium makes the key of a nonce, OpenSSL does
// the rest, at more than twice the speed that libsodium has; the bytes are those of libsodium's
// crypto_aead_xchacha20poly1305_ietf.
#pragma once
#include <cstddef>
#include <span>
#include <string_view>

namespace cairn {

inline constexpr size_t kAeadKey = 32, kAeadNonce = 24, kAeadTag = 16;

// `room` is the text and, behind it, the tag's 16 bytes. [any thread]
void seal_in_place(std::span<const std::byte> key, std::span<const std::byte> nonce, std::string_view said,
                   std::span<std::byte> room);
// False, with nothing in `room` that means anything, when the tag is not that of key, nonce, `said` and text.
[[nodiscard]] bool open_in_place(std::span<const std::byte> key, std::span<const std::byte> nonce,
                                 std::string_view said, std::span<std::byte> room);

}  // namespace cairn
