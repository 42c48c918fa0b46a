#include "checkpoint/codec/block_codec.h"

#include <cairn/error.h>
#include <cairn/random.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "checkpoint/codec/digest.h"

namespace cairn {
namespace {

std::vector<std::byte> weights(size_t count) {
  Rng rng({1, count});
  std::vector<std::byte> bytes(count * 4);
  for (size_t i = 0; i < count; ++i) {
    const auto value = static_cast<float>(rng.normal() * 0.05);
    std::memcpy(bytes.data() + 4 * i, &value, 4);
  }
  return bytes;
}

std::vector<std::byte> decoded(const EncodedBlock& block) {
  std::vector<std::byte> out(block.header.raw_size);
  decode_block(block.header, block.payload, {}, out);
  return out;
}

TEST(FullBlocks, ComeBackForEveryTypeAndLength) {
  Rng rng({7});
  for (const auto& [dtype, name] : kDTypeNames) {
    for (const size_t count : {0, 1, 2, 3, 17, 255, 4096, 70001}) {
      std::vector<std::byte> bytes(count * size_of(dtype));
      for (auto& byte : bytes) byte = static_cast<std::byte>(rng.below(count % 2 == 0 ? 256 : 5));
      const EncodedBlock block = encode_full(sha256(bytes), dtype, bytes);
      EXPECT_LE(block.header.stored_size, block.header.raw_size);
      EXPECT_EQ(decoded(block), bytes) << name << " " << count;
    }
  }
}

TEST(FullBlocks, StoreWeightsInLessThanTheirSize) {
  const auto bytes = weights(1u << 20);
  const EncodedBlock block = encode_full(sha256(bytes), DType::Float32, bytes);
  EXPECT_GT(static_cast<double>(bytes.size()) / block.header.stored_size, 1.13);
  EXPECT_EQ(decoded(block), bytes);
}

TEST(FullBlocks, StoreConstantsInAFewBytes) {
  const std::vector<std::byte> zeros(kBlockSize);
  EXPECT_LT(encode_full(sha256(zeros), DType::Float32, zeros).header.stored_size, 32u);
}

TEST(FullBlocks, NeverDecodeBeyondTheirBounds) {
  const auto bytes = weights(1000);
  const EncodedBlock good = encode_full(sha256(bytes), DType::Float32, bytes);
  ASSERT_EQ(good.header.codec, static_cast<uint8_t>(Codec::Planes));
  std::vector<std::byte> out(good.header.raw_size);
  for (size_t size = 0; size < good.payload.size(); ++size) {
    EXPECT_THROW(decode_block(good.header, std::span(good.payload).first(size), {}, out), Error);
  }
  Rng rng({3});
  for (int round = 0; round < 20000; ++round) {
    auto payload = good.payload;
    for (int i = 0; i < 3; ++i)
      payload[static_cast<size_t>(rng.below(static_cast<int64_t>(payload.size())))] =
          static_cast<std::byte>(rng.next_u32());
    try {
      decode_block(good.header, payload, {}, out);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::DataLoss);
    }
  }
}

TEST(FullBlocks, RefuseUnknownCodecs) {
  BlockHeader header;
  header.codec = 99;
  header.element = 1;
  EXPECT_THROW(decode_block(header, {}, {}, {}), Error);
}

TEST(BlockRanges, CutAtMultiplesOfTheBlockSize) {
  EXPECT_TRUE(block_ranges(0).empty());
  EXPECT_EQ(block_ranges(kBlockSize).size(), 1u);
  const auto ranges = block_ranges(2ull * kBlockSize + 5);
  ASSERT_EQ(ranges.size(), 3u);
  EXPECT_EQ(ranges[2].offset, 2ull * kBlockSize);
  EXPECT_EQ(ranges[2].size, 5u);
}

TEST(StateDigest, CoversPathTypeShapeAndBits) {
  const auto digest = [](const std::string& path, DType dtype, std::vector<int64_t> shape, const Hash& content) {
    StateDigest made;
    made.add({path, dtype, std::move(shape), 0}, content);
    return made.finish();
  };
  const Hash content = sha256("bits");
  const Hash base = digest("state/a", DType::Float32, {2, 3}, content);
  EXPECT_EQ(base, digest("state/a", DType::Float32, {2, 3}, content));
  EXPECT_NE(base, digest("state/b", DType::Float32, {2, 3}, content));
  EXPECT_NE(base, digest("state/a", DType::Int32, {2, 3}, content));
  EXPECT_NE(base, digest("state/a", DType::Float32, {3, 2}, content));
  EXPECT_NE(base, digest("state/a", DType::Float32, {2, 3}, sha256("other bits")));
  EXPECT_EQ(digest("record/a", DType::Float32, {2, 3}, content), StateDigest().finish());
}

}  // namespace
}  // namespace cairn
