#include "base/sha256.h"

#include <openssl/evp.h>

#include <cairn/error.h>

namespace cairn {

namespace {

constexpr char kDigits[] = "0123456789abcdef";

int value_of(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

// Fetched once: looking an algorithm up by name costs more than hashing a small block. Immortal.
const EVP_MD* algorithm() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (md == nullptr) fail(Code::Internal, "OpenSSL offers no SHA-256");
  return md;
}

}  // namespace

struct Hasher::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

Hasher::Hasher() : context_(std::make_unique<Context>()) {
  if (EVP_DigestInit_ex2(context_->evp, algorithm(), nullptr) != 1) fail(Code::Internal, "cannot begin a SHA-256");
}
Hasher::~Hasher() = default;

Hasher& Hasher::add(std::span<const std::byte> bytes) {
  if (EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) != 1) fail(Code::Internal, "SHA-256 failed");
  return *this;
}

Hasher& Hasher::add_u32(uint32_t value) {
  std::array<uint8_t, 4> bytes;
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(value >> 8 * i);
  return add(std::as_bytes(std::span(bytes)));
}

Hasher& Hasher::add_u64(uint64_t value) {
  return add_u32(static_cast<uint32_t>(value)).add_u32(static_cast<uint32_t>(value >> 32));
}

Hash Hasher::finish() {
  Hash hash;
  if (EVP_DigestFinal_ex(context_->evp, hash.bytes.data(), nullptr) != 1) fail(Code::Internal, "SHA-256 failed");
  return hash;
}

Hash sha256(std::span<const std::byte> bytes) {
  Hash hash;
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), hash.bytes.data(), &size, algorithm(), nullptr) != 1) {
    fail(Code::Internal, "SHA-256 failed");
  }
  return hash;
}

std::string to_hex(std::span<const std::byte> bytes) {
  std::string text(2 * bytes.size(), '0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = kDigits[static_cast<uint8_t>(bytes[i]) >> 4];
    text[2 * i + 1] = kDigits[static_cast<uint8_t>(bytes[i]) & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes(text.size() / 2, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int high = value_of(text[2 * i]), low = value_of(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::string Hash::hex() const {
  return to_hex(std::as_bytes(std::span(bytes)));
}

std::optional<Hash> Hash::from_hex(std::string_view text) {
  if (text.size() != 64) return std::nullopt;
  const auto raw = cairn::from_hex(text);
  if (!raw) return std::nullopt;
  Hash hash;
  std::memcpy(hash.bytes.data(), raw->data(), hash.bytes.size());
  return hash;
}

}  // namespace cairn
