#include "store/seal/seal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/resource.h>

#include <cairn/error.h>

#include "store/seal/aead.h"
#include "store/seal/identity.h"
#include "support/backends.h"

namespace cairn {
namespace {

using test::as_bytes;
using test::as_text;
using testing::HasSubstr;

std::string opened(const Seal& seal, const std::string& kind, const std::string& name, std::vector<std::byte> sealed) {
  return as_text(seal.open(kind, name, sealed, "it"));
}

TEST(Seal, OpensWhatItClosedAndNothingElse) {
  const Seal seal = Seal::create("store-a");
  const auto sealed = seal.close("block", "name", as_bytes("weights"));
  EXPECT_EQ(sealed.size(), 7 + Seal::kOverhead);
  EXPECT_EQ(opened(seal, "block", "name", sealed), "weights");
  EXPECT_THROW(opened(seal, "index", "name", sealed), Error);
  EXPECT_THROW(opened(seal, "block", "other", sealed), Error);
  EXPECT_THROW(opened(Seal::create("store-a"), "block", "name", sealed), Error);
  const Seal elsewhere = Seal::from_ring("store-b", seal.ring().bytes(), "ring");
  EXPECT_THROW(opened(elsewhere, "block", "name", sealed), Error);
}

// Whatever the length, and in both directions: what libsodium's own function gives and takes.
TEST(Seal, IsTheXChaCha20Poly1305OfLibsodium) {
  const std::string said = "what it is said to be";
  const auto* about = reinterpret_cast<const uint8_t*>(said.data());
  for (const size_t size : {0, 1, 15, 16, 63, 64, 65, 255, 1024, 100'003}) {
    std::vector<std::byte> key(kAeadKey), nonce(kAeadNonce), text(size);
    for (auto* bytes : {&key, &nonce, &text}) fill_random(*bytes);
    const auto byte = [](auto& bytes) { return reinterpret_cast<uint8_t*>(bytes.data()); };
    std::vector<std::byte> ours = text, theirs(size + kAeadTag), back(size);
    ours.resize(size + kAeadTag);
    seal_in_place(key, nonce, said, ours);
    crypto_aead_xchacha20poly1305_ietf_encrypt(byte(theirs), nullptr, byte(text), size, about, said.size(), nullptr,
                                               byte(nonce), byte(key));
    EXPECT_EQ(ours, theirs) << size;
    EXPECT_EQ(crypto_aead_xchacha20poly1305_ietf_decrypt(byte(back), nullptr, nullptr, byte(ours), ours.size(), about,
                                                         said.size(), byte(nonce), byte(key)),
              0);
    EXPECT_EQ(back, text);
    EXPECT_TRUE(open_in_place(key, nonce, said, theirs));
    theirs.resize(size);
    EXPECT_EQ(theirs, text);
    EXPECT_FALSE(open_in_place(key, nonce, "something else", ours));
  }
}

TEST(Seal, NoticesEveryFlippedBitAndEveryTruncation) {
  const Seal seal = Seal::create("store");
  const auto sealed = seal.close("block", "name", as_bytes("weights"));
  for (size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    auto flipped = sealed;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_THROW(opened(seal, "block", "name", flipped), Error) << bit;
  }
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_THROW(opened(seal, "block", "name", {sealed.begin(), sealed.begin() + static_cast<long>(size)}), Error);
  }
}

TEST(Seal, NeverWritesTheSameBytesTwice) {
  const Seal seal = Seal::create("store");
  EXPECT_NE(seal.close("block", "name", as_bytes("weights")), seal.close("block", "name", as_bytes("weights")));
}

TEST(Seal, KeepsOldKeysWhenANewOneIsMade) {
  const Seal first = Seal::create("store");
  const Seal second = first.with_new_key();
  EXPECT_EQ(second.newest(), 2u);
  EXPECT_EQ(opened(second, "block", "n", first.close("block", "n", as_bytes("old"))), "old");
  const auto young = second.close("block", "n", as_bytes("new"));
  EXPECT_EQ(Seal::epoch_of(young), 2u);
  try {
    opened(first, "block", "n", young);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::DataLoss);
    EXPECT_THAT(error.message(), HasSubstr("key 2"));
  }
  EXPECT_EQ(first.fingerprint(), second.fingerprint());
  EXPECT_NE(first.fingerprint(), Seal::create("store").fingerprint());
}

TEST(Seal, NamesTellNothingWithoutTheKey) {
  const Seal seal = Seal::create("store"), other = Seal::create("store");
  const Hash plain = sha256("weights");
  EXPECT_EQ(seal.name_of(1, plain), seal.name_of(1, plain));
  EXPECT_NE(seal.name_of(1, plain), plain);
  EXPECT_NE(seal.name_of(1, plain), other.name_of(1, plain));
  EXPECT_NE(seal.with_new_key().name_of(2, plain), seal.name_of(1, plain));
}

TEST(Seal, RefusesRingsThatAreNone) {
  const auto ring = Seal::create("store").with_new_key().ring();
  EXPECT_NO_THROW(Seal::from_ring("store", ring.bytes(), "ring"));
  for (size_t size = 0; size < ring.size(); ++size) {
    if (size == ring.size() / 2) continue;  // the first key alone is a ring
    EXPECT_THROW(Seal::from_ring("store", ring.bytes().first(size), "ring"), Error) << size;
  }
  std::vector<std::byte> swapped(ring.bytes().begin() + ring.size() / 2, ring.bytes().end());
  swapped.insert(swapped.end(), ring.bytes().begin(), ring.bytes().begin() + ring.size() / 2);
  EXPECT_THROW(Seal::from_ring("store", swapped, "ring"), Error);
}

TEST(Identity, ComesBackFromItsText) {
  const Identity identity = Identity::random();
  const LockedBytes text = identity.text();
  const Identity again = Identity::parse(cat("# the key of a test\n", text.text()), "it");
  EXPECT_EQ(again.recipient(), identity.recipient());
  EXPECT_EQ(again.signer(), identity.signer());
  EXPECT_NE(identity.recipient(), Identity::random().recipient());
}

TEST(Identity, SaysNothingOfATextThatIsNone) {
  const std::string good(Identity::random().text().text());
  for (const std::string& bad :
       {std::string(), good.substr(0, good.size() - 3), "x" + good, good.substr(0, 40) + "zz"}) {
    try {
      Identity::parse(bad, "key.txt");
      FAIL() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::InvalidArgument);
      EXPECT_THAT(error.message(), HasSubstr("key.txt"));
      EXPECT_THAT(error.message(), testing::Not(HasSubstr(good.substr(12, 16))));
    }
  }
}

TEST(Identity, AlonePassesWhatIsWrappedForIt) {
  const Identity mine = Identity::random(), other = Identity::random();
  const auto wrapped = wrap_for(mine.recipient(), as_bytes("master"), "ring of a");
  const auto opened = mine.unwrap(wrapped, "ring of a");
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->text(), "master");
  EXPECT_FALSE(mine.unwrap(wrapped, "ring of b"));
  EXPECT_FALSE(other.unwrap(wrapped, "ring of a"));
  for (size_t bit = 0; bit < 8 * wrapped.size(); ++bit) {
    auto flipped = wrapped;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    // The highest bit of an X25519 key is not part of it; it is bound all the same.
    EXPECT_FALSE(mine.unwrap(flipped, "ring of a")) << bit;
  }
  for (size_t size = 0; size < wrapped.size(); ++size) {
    EXPECT_FALSE(mine.unwrap(std::span(wrapped).first(size), "ring of a"));
  }
}

TEST(Identity, RefusesARecipientThatIsNone) {
  EXPECT_THROW(wrap_for(PublicKey{}, as_bytes("master"), "ring"), Error);
}

TEST(Identity, FollowsFromAPassphraseAndItsSalt) {
  PassphraseCost cheap = Identity::new_cost();
  cheap.passes = 1;
  cheap.memory_bytes = 8u << 20;
  const PublicKey once = Identity::from_passphrase("correct horse", cheap).recipient();
  EXPECT_EQ(Identity::from_passphrase("correct horse", cheap).recipient(), once);
  EXPECT_NE(Identity::from_passphrase("correct horsf", cheap).recipient(), once);
  PassphraseCost salted = cheap;
  salted.salt[3] ^= 1;
  EXPECT_NE(Identity::from_passphrase("correct horse", salted).recipient(), once);
  for (const auto& [passes, memory] :
       {std::pair<uint32_t, uint64_t>{17, 8u << 20}, {0, 8u << 20}, {1, 2ull << 30}, {1, 0}}) {
    PassphraseCost bad = cheap;
    bad.passes = passes;
    bad.memory_bytes = memory;
    EXPECT_THROW(Identity::from_passphrase("p", bad), Error) << passes << " " << memory;
  }
}

TEST(Identity, SignsWhatOthersCanCheck) {
  const Identity identity = Identity::random();
  const Signature signature = identity.sign(sha256("manifest"));
  EXPECT_EQ(signature.signer, identity.signer());
  EXPECT_TRUE(is_signed(signature, sha256("manifest")));
  EXPECT_FALSE(is_signed(signature, sha256("another")));
  Signature forged = signature;
  forged.signer = Identity::random().signer();
  EXPECT_FALSE(is_signed(forged, sha256("manifest")));
  for (size_t bit = 0; bit < 8 * signature.bytes.size(); ++bit) {
    Signature flipped = signature;
    flipped.bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    EXPECT_FALSE(is_signed(flipped, sha256("manifest"))) << bit;
  }
}

TEST(Identity, IsPublishedAsText) {
  const PublicKey key = Identity::random().recipient();
  const std::string text = public_text(kRecipientPrefix, key);
  EXPECT_EQ(parse_public(kRecipientPrefix, text, "it"), key);
  EXPECT_THROW(parse_public(kSignerPrefix, text, "it"), Error);
  EXPECT_THROW(parse_public(kRecipientPrefix, text + "0", "it"), Error);
}

TEST(LockedBytes, TurnCoreDumpsOff) {
  const LockedBytes secret = LockedBytes::random(32);
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_CORE, &limit), 0);
  EXPECT_EQ(limit.rlim_cur, 0u);
}

}  // namespace
}  // namespace cairn
