#include <cairn/sha256.h>

#include <openssl/evp.h>

#include <cairn/error.h>

namespace cairn {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1) fail(Code::Internal, "OpenSSL offers no SHA-256");
}

Sha256::~Sha256() = default;

Sha256& Sha256::add(std::span<const std::byte> bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) fail(Code::Internal, "SHA-256 failed");
  return *this;
}

Sha256& Sha256::text(std::string_view text) {
  return number(static_cast<uint64_t>(text.size())).add(std::as_bytes(std::span(text.data(), text.size())));
}

std::string Sha256::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(state_->context, digest, &size) != 1) fail(Code::Internal, "SHA-256 failed");
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += kDigits[digest[i] >> 4];
    out += kDigits[digest[i] & 15];
  }
  return out;
}

}  // namespace cairn
