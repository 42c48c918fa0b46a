#include "store/seal/identity.h"

#include <cstring>

#include <cairn/error.h>

#include "store/seal/raw.h"

namespace cairn {

namespace {

constexpr std::string_view kKeyPrefix = "cairn-key-1:";
constexpr std::string_view kSignedText = "cairn signed snapshot 1";
constexpr char kContext[crypto_kdf_CONTEXTBYTES + 1] = "cairn-id";
constexpr uint64_t kExchange = 1, kSigning = 2;
constexpr size_t kSeed = 32;
constexpr size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr uint64_t kMostMemory = 1u << 30;
constexpr uint32_t kMostPasses = 16;

// The key of one wrapping. Empty when the other side's key is of low order.
std::optional<LockedBytes> shared_key(const LockedBytes& mine, const PublicKey& theirs, const PublicKey& fresh,
                                      const PublicKey& recipient) {
  LockedBytes shared(crypto_scalarmult_BYTES), key(kSeed);
  if (crypto_scalarmult(raw(shared.bytes()), raw(mine.bytes()), theirs.data()) != 0) return std::nullopt;
  crypto_generichash_state state;
  crypto_generichash_init(&state, raw(shared.bytes()), shared.size(), kSeed);
  crypto_generichash_update(&state, fresh.data(), fresh.size());
  crypto_generichash_update(&state, recipient.data(), recipient.size());
  crypto_generichash_final(&state, raw(key.bytes()), kSeed);
  sodium_memzero(&state, sizeof state);
  return key;
}

std::array<uint8_t, kSignedText.size() + 32> signed_message(const Hash& what) {
  std::array<uint8_t, kSignedText.size() + 32> message{};
  std::memcpy(message.data(), kSignedText.data(), kSignedText.size());
  std::memcpy(message.data() + kSignedText.size(), what.bytes.data(), what.bytes.size());
  return message;
}

}  // namespace

std::string public_text(std::string_view prefix, const PublicKey& key) {
  return cat(prefix, to_hex(std::as_bytes(std::span(key))));
}

PublicKey parse_public(std::string_view prefix, std::string_view text, const std::string& what) {
  const auto hash = text.starts_with(prefix) ? Hash::from_hex(text.substr(prefix.size())) : std::nullopt;
  if (!hash) fail(Code::InvalidArgument, what, ": expected ", prefix, " and 64 hexadecimal digits");
  return hash->bytes;
}

Identity::Identity(LockedBytes seed)
    : seed_(std::move(seed)),
      exchange_(derived(seed_, kContext, kExchange, crypto_scalarmult_SCALARBYTES)),
      signing_(crypto_sign_SECRETKEYBYTES) {
  crypto_scalarmult_base(recipient_.data(), raw(exchange_.bytes()));
  const LockedBytes start = derived(seed_, kContext, kSigning, crypto_sign_SEEDBYTES);
  crypto_sign_seed_keypair(signer_.data(), raw(signing_.bytes()), raw(start.bytes()));
}

Identity Identity::random() {
  return Identity(LockedBytes::random(kSeed));
}

Identity Identity::parse(std::string_view text, const std::string& what) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    while (line.ends_with(' ') || line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with(kKeyPrefix)) continue;
    line.remove_prefix(kKeyPrefix.size());
    LockedBytes seed(kSeed);
    size_t length = 0;
    if (line.size() != 2 * kSeed ||
        sodium_hex2bin(raw(seed.bytes()), kSeed, line.data(), line.size(), nullptr, &length, nullptr) != 0 ||
        length != kSeed) {
      break;
    }
    return Identity(std::move(seed));
  }
  fail(Code::InvalidArgument, what, " holds no key: expected a line ", kKeyPrefix,
       " and 64 hexadecimal digits, as 'cairn key new' writes it");
}

PassphraseCost Identity::new_cost() {
  PassphraseCost cost;
  fill_random(std::as_writable_bytes(std::span(cost.salt)));
  return cost;
}

Identity Identity::from_passphrase(std::string_view passphrase, const PassphraseCost& cost) {
  if (cost.memory_bytes > kMostMemory || cost.passes > kMostPasses || cost.passes < 1 ||
      cost.memory_bytes < crypto_pwhash_MEMLIMIT_MIN) {
    fail(Code::DataLoss, "the cost of a passphrase is out of bounds: ", cost.passes, " passes over ", cost.memory_bytes,
         " bytes");
  }
  static_assert(crypto_pwhash_argon2id_SALTBYTES == sizeof(PassphraseCost::salt));
  LockedBytes seed(kSeed);
  if (crypto_pwhash(raw(seed.bytes()), kSeed, passphrase.data(), passphrase.size(), cost.salt.data(), cost.passes,
                    cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    fail(Code::ResourceExhausted, "no memory for a passphrase: ", cost.memory_bytes >> 20, " MiB are needed");
  }
  return Identity(std::move(seed));
}

LockedBytes Identity::text() const {
  LockedBytes out(kKeyPrefix.size() + 2 * kSeed + 1);
  char* at = reinterpret_cast<char*>(out.bytes().data());
  std::memcpy(at, kKeyPrefix.data(), kKeyPrefix.size());
  sodium_bin2hex(at + kKeyPrefix.size(), 2 * kSeed + 1, raw(seed_.bytes()), kSeed);
  at[kKeyPrefix.size() + 2 * kSeed] = '\n';
  return out;
}

std::vector<std::byte> wrap_for(const PublicKey& recipient, std::span<const std::byte> secret,
                                std::string_view purpose) {
  const LockedBytes once = LockedBytes::random(crypto_scalarmult_SCALARBYTES);
  PublicKey fresh{};
  crypto_scalarmult_base(fresh.data(), raw(once.bytes()));
  const auto key = shared_key(once, recipient, fresh, recipient);
  if (!key) fail(Code::InvalidArgument, "the recipient's key is none: nothing can be sealed for it");
  std::vector<std::byte> out(fresh.size() + kNonce + secret.size() + kTag);
  std::memcpy(out.data(), fresh.data(), fresh.size());
  const std::span<std::byte> nonce = std::span(out).subspan(fresh.size(), kNonce);
  fill_random(nonce);
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw(std::span(out).subspan(fresh.size() + kNonce)), nullptr, raw(secret),
                                             secret.size(), raw(purpose), purpose.size(), nullptr, raw(nonce),
                                             raw(key->bytes()));
  return out;
}

std::optional<LockedBytes> Identity::unwrap(std::span<const std::byte> wrapped, std::string_view purpose) const {
  PublicKey fresh{};
  if (wrapped.size() < fresh.size() + kNonce + kTag) return std::nullopt;
  std::memcpy(fresh.data(), wrapped.data(), fresh.size());
  const auto key = shared_key(exchange_, fresh, fresh, recipient_);
  if (!key) return std::nullopt;
  const auto nonce = wrapped.subspan(fresh.size(), kNonce), sealed = wrapped.subspan(fresh.size() + kNonce);
  LockedBytes out(sealed.size() - kTag);
  const int bad =
      crypto_aead_xchacha20poly1305_ietf_decrypt(raw(out.bytes()), nullptr, nullptr, raw(sealed), sealed.size(),
                                                 raw(purpose), purpose.size(), raw(nonce), raw(key->bytes()));
  if (bad != 0) return std::nullopt;
  return out;
}

Signature Identity::sign(const Hash& what) const {
  Signature out;
  out.signer = signer_;
  const auto message = signed_message(what);
  crypto_sign_detached(out.bytes.data(), nullptr, message.data(), message.size(), raw(signing_.bytes()));
  return out;
}

bool is_signed(const Signature& signature, const Hash& what) {
  const auto message = signed_message(what);
  return crypto_sign_verify_detached(signature.bytes.data(), message.data(), message.size(), signature.signer.data()) ==
         0;
}

}  // namespace cairn
