#include "base/sha256.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace cairn
