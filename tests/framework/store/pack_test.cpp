#include "store/pack.h"

#include <cairn/error.h>
#include <gtest/gtest.h>

#include <set>

#include "support/backends.h"

namespace cairn {
namespace {

EncodedBlock block(const std::string& text, std::vector<Hash> operands = {}, std::vector<double> scalars = {}) {
  EncodedBlock out;
  out.header.name = sha256(text);
  out.header.raw_size = out.header.stored_size = static_cast<uint32_t>(text.size());
  out.header.operands = std::move(operands);
  out.header.scalars = std::move(scalars);
  out.header.depth = out.header.operands.empty() ? 0 : 1;
  const auto bytes = test::as_bytes(text);
  out.payload.assign(bytes.begin(), bytes.end());
  return out;
}

std::vector<EncodedBlock> blocks() {
  return {block("first"), block(""), block("third", {sha256("first")}, {0.1, -0.0})};
}

PageVector<std::byte> pack() {
  PackWriter writer;
  for (const EncodedBlock& each : blocks()) writer.add(each);
  return writer.finish();
}

BlockHeader without_check(BlockHeader header) {
  header.check = 0;
  return header;
}

std::vector<PackEntry> read(std::span<const std::byte> bytes) {
  if (bytes.size() < kPackTailSize) fail(Code::DataLoss, "too short");
  const PackTail tail = parse_pack_tail(bytes.last(kPackTailSize), bytes.size(), "it");
  auto entries = parse_pack_index(bytes.subspan(tail.index_offset, tail.index_size), tail, "it");
  for (const PackEntry& entry : entries) {
    const auto payload = payload_of(bytes.subspan(entry.offset, entry.length), entry, "it");
    if (sha256(payload) != entry.header.name) fail(Code::DataLoss, "another hash");
  }
  return entries;
}

TEST(Pack, GivesBackEveryBlock) {
  const auto entries = read(pack());
  ASSERT_EQ(entries.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(without_check(entries[i].header), blocks()[i].header);
}

TEST(Pack, NeverHasTheSameNameTwice) {
  const auto first = pack(), second = pack(), third = under_another_name(first, "it", nullptr);
  for (const auto& each : {second, third}) {
    ASSERT_EQ(read(each).size(), 3u);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(read(each)[i].header, read(first)[i].header);
  }
  EXPECT_EQ((std::set<Hash>{sha256(first), sha256(second), sha256(third)}).size(), 3u);
}

TEST(Pack, MayBeEmpty) {
  EXPECT_TRUE(read(PackWriter().finish()).empty());
}

TEST(Pack, IsReadFromTheFrontWithoutItsFooter) {
  auto bytes = pack();
  std::vector<PackEntry> found;
  scan_pack(std::span(bytes).first(bytes.size() - kPackTailSize - 20),
            [&](const PackEntry& entry) { found.push_back(entry); });
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(without_check(found[2].header), blocks()[2].header);
  EXPECT_EQ(found[2].offset, read(bytes)[2].offset);
}

TEST(Pack, NoticesEveryTruncation) {
  const auto bytes = pack();
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_THROW(read(std::span(bytes).first(size)), Error) << size;
}

TEST(Pack, NoticesEveryFlippedBit) {
  const auto bytes = pack();
  for (size_t bit = kPackMagicSize * 8; bit < bytes.size() * 8; ++bit) {
    auto flipped = bytes;
    flipped[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_THROW(read(flipped), Error) << bit;
  }
}

TEST(Pack, RefusesBlocksThatNoReaderWouldTake) {
  PackWriter writer;
  auto wrong = block("text");
  wrong.header.stored_size = 3;
  EXPECT_THROW(writer.add(wrong), Error);
}

}  // namespace
}  // namespace cairn
