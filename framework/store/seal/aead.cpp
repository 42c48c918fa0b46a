#include "store/seal/aead.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <climits>
#include <memory>

#include <cairn/error.h>

#include "store/seal/raw.h"

namespace cairn {

namespace {

static_assert(kAeadKey == crypto_aead_xchacha20poly1305_ietf_KEYBYTES &&
              kAeadNonce == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES &&
              kAeadTag == crypto_aead_xchacha20poly1305_ietf_ABYTES);

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

void need(bool done) {
  if (!done) fail(Code::Internal, "OpenSSL's ChaCha20-Poly1305 failed");
}

// Fetched once, and immortal.
const EVP_CIPHER* cipher() {
  static const EVP_CIPHER* const found = EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr);
  if (found == nullptr) fail(Code::Internal, "OpenSSL offers no ChaCha20-Poly1305");
  return found;
}

// Ready for the text: the first 16 bytes of the nonce go into the key, the others into a nonce of ChaCha20.
Context begin(int encrypt, std::span<const std::byte> key, std::span<const std::byte> nonce, std::string_view said,
              size_t size) {
  constexpr size_t kIntoKey = crypto_core_hchacha20_INPUTBYTES, kZeros = 4;
  if (key.size() != kAeadKey || nonce.size() != kAeadNonce || size < kAeadTag || size > INT_MAX) {
    fail(Code::Internal, "sizes that no seal has: ", key.size(), ", ", nonce.size(), ", ", size);
  }
  std::array<std::byte, kAeadKey> own{};
  std::array<std::byte, kZeros + kAeadNonce - kIntoKey> rest{};
  crypto_core_hchacha20(raw(std::span<std::byte>(own)), raw(nonce), raw(key), nullptr);
  std::copy(nonce.begin() + kIntoKey, nonce.end(), rest.begin() + kZeros);
  Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int done = 0;
  const bool ready = context != nullptr &&
                     EVP_CipherInit_ex2(context.get(), cipher(), raw(std::span<const std::byte>(own)),
                                        raw(std::span<const std::byte>(rest)), encrypt, nullptr) == 1 &&
                     EVP_CipherUpdate(context.get(), nullptr, &done, raw(said), static_cast<int>(said.size())) == 1;
  wipe(std::span<std::byte>(own));
  need(ready);
  return context;
}

}  // namespace

void seal_in_place(std::span<const std::byte> key, std::span<const std::byte> nonce, std::string_view said,
                   std::span<std::byte> room) {
  const Context context = begin(1, key, nonce, said, room.size());
  const auto text = room.first(room.size() - kAeadTag), tag = room.last(kAeadTag);
  int done = 0;
  need(EVP_CipherUpdate(context.get(), raw(text), &done, raw(text), static_cast<int>(text.size())) == 1 &&
       EVP_CipherFinal_ex(context.get(), raw(tag), &done) == 1 &&
       EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kAeadTag, tag.data()) == 1);
}

bool open_in_place(std::span<const std::byte> key, std::span<const std::byte> nonce, std::string_view said,
                   std::span<std::byte> room) {
  const Context context = begin(0, key, nonce, said, room.size());
  const auto text = room.first(room.size() - kAeadTag), tag = room.last(kAeadTag);
  int done = 0;
  need(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kAeadTag, tag.data()) == 1 &&
       EVP_CipherUpdate(context.get(), raw(text), &done, raw(text), static_cast<int>(text.size())) == 1);
  return EVP_CipherFinal_ex(context.get(), raw(tag), &done) == 1;
}

}  // namespace cairn
