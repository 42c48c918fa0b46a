#include "base/sha256.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "base/sha256_each.h"

namespace cairn {
namespace {

// FIPS 180-4's examples.
TEST(Sha256, KnowsThePublishedExamples) {
  EXPECT_EQ(sha256("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hasher().add("a").add("bc").finish(), sha256("abc"));
}

TEST(Sha256, ReadsOnlySixtyFourLowerCaseDigits) {
  const Hash hash = sha256("abc");
  EXPECT_EQ(Hash::from_hex(hash.hex()), hash);
  EXPECT_FALSE(Hash::from_hex(hash.hex().substr(1)));
  EXPECT_FALSE(Hash::from_hex("BA" + hash.hex().substr(2)));
  EXPECT_FALSE(Hash::from_hex("g" + hash.hex().substr(1)));
}

// Lengths around those at which the padding takes another block, and messages of all sizes in one call.
TEST(Sha256, OfManyAtOnceIsThatOfEach) {
  std::mt19937 random(7);
  std::vector<std::byte> bytes(200000);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  for (const size_t count : {0u, 1u, 6u, 7u, 16u, 17u, 100u, 700u}) {
    std::vector<std::span<const std::byte>> messages;
    for (size_t i = 0; i < count; ++i) {
      const size_t size = i < 140 ? i : random() % (i % 10 == 0 ? bytes.size() : 3000);
      messages.push_back(std::span(bytes).subspan(random() % (bytes.size() - size + 1), size));
    }
    std::shuffle(messages.begin(), messages.end(), random);
    for (const int threads : {1, 3}) {
      const std::vector<Hash> hashes = sha256_each(messages, threads);
      ASSERT_EQ(hashes.size(), count);
      for (size_t i = 0; i < count; ++i) EXPECT_EQ(hashes[i], sha256(messages[i])) << messages[i].size();
    }
  }
}

TEST(Sha256, OfManyLargeMessagesIsThatOfEach) {
  std::vector<std::byte> bytes(9u << 20);
  std::mt19937 random(8);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  std::vector<std::span<const std::byte>> messages;
  for (size_t i = 0; i < 40; ++i) messages.push_back(std::span(bytes).subspan(i, bytes.size() / (1 + i % 7) - i));
  const std::vector<Hash> hashes = sha256_each(messages, 2);
  for (size_t i = 0; i < messages.size(); ++i) EXPECT_EQ(hashes[i], sha256(messages[i])) << i;
}

}  // namespace
}  // namespace cairn
