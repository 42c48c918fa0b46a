// Who may open a sealed store, and who signed a snapshot: one secret of 32 bytes, from which an X25519 key (recipient)
// and an Ed25519 key (signer) follow. docs/format/seal.md.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "store/seal/locked_bytes.h"

namespace cairn {

using PublicKey = std::array<uint8_t, 32>;

inline constexpr std::string_view kRecipientPrefix = "cairn-recipient-1:";
inline constexpr std::string_view kSignerPrefix = "cairn-signer-1:";

// "cairn-recipient-1:<64 digits>"; InvalidArgument, naming `what`, for anything else.
std::string public_text(std::string_view prefix, const PublicKey& key);
PublicKey parse_public(std::string_view prefix, std::string_view text, const std::string& what);

// What turning a passphrase into an identity costs; stands beside what it protects. [value]
struct PassphraseCost {
  std::array<uint8_t, 16> salt{};
  uint32_t passes = 3;
  uint64_t memory_bytes = 256u << 20;
  bool operator==(const PassphraseCost&) const = default;
};

struct Signature {
  PublicKey signer{};
  std::array<uint8_t, 64> bytes{};
};

// [any thread] Move-only.
class Identity {
 public:
  static Identity random();
  // Text of a key file: "cairn-key-1:<64 digits>" on a line of its own, beside comments (#). InvalidArgument, naming
  // `what` and no byte of it.
  static Identity parse(std::string_view text, const std::string& what);
  // Argon2id. Costs that no cairn writes (above 1 GiB or 16 passes) are DataLoss.
  static Identity from_passphrase(std::string_view passphrase, const PassphraseCost& cost);
  static PassphraseCost new_cost();

  LockedBytes text() const;  // as parse() reads it
  const PublicKey& recipient() const { return recipient_; }
  const PublicKey& signer() const { return signer_; }

  // What wrap_for() this recipient made, for the same purpose; empty when it was not.
  std::optional<LockedBytes> unwrap(std::span<const std::byte> wrapped, std::string_view purpose) const;
  Signature sign(const Hash& what) const;

 private:
  explicit Identity(LockedBytes seed);
  LockedBytes seed_, exchange_, signing_;
  PublicKey recipient_{}, signer_{};
};

// Readable by the recipient alone: X25519 with a fresh key, XChaCha20-Poly1305.
std::vector<std::byte> wrap_for(const PublicKey& recipient, std::span<const std::byte> secret,
                                std::string_view purpose);

bool is_signed(const Signature& signature, const Hash& what);

}  // namespace cairn
