// Forged bytes whose every hash and length fits, so that they reach the parsers. Nothing but an Error comes of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/little_endian.h"
#include "base/zstd.h"
#include "checkpoint/codec/block_codec.h"
#include "checkpoint/pipeline/maintain.h"
#include "checkpoint/pipeline/tree_encoder.h"
#include "store/canonical_json.h"
#include "support/backends.h"
#include "support/json_mutator.h"
#include "support/trees.h"

namespace cairn {
namespace {

using test::JsonMutator;

uint64_t rounds(uint64_t few, uint64_t many) {
  return std::getenv("CAIRN_TEST_ALL") != nullptr ? many : few;
}

// How often bytes were accepted, and how often refused with an Error. Anything else ends the test.
struct Verdicts {
  int accepted = 0, refused = 0;
  template <class Action>
  void of(const Action& action) {
    try {
      action();
      ++accepted;
    } catch (const Error&) {
      ++refused;
    }
  }
};

// As encode_manifest would frame this text.
Bytes framed(const std::string& text) {
  Bytes bytes = compress(std::as_bytes(std::span(text.data(), text.size())), 1, FrameCheck::Checksum);
  ByteWriter trailer;
  trailer.number(uint32_t{0x184D2A5C}).number(uint32_t{32});
  const Hash hash = sha256(bytes);
  trailer.raw(std::as_bytes(std::span(hash.bytes)));
  const auto end = trailer.take();
  bytes.insert(bytes.end(), end.begin(), end.end());
  return bytes;
}

class Fuzz : public testing::Test {
 protected:
  test::MemoryBackend backend_;
  Store store_{backend_, OpenStore::CreateIfEmpty};
  Slot slot_;
  WrittenTree written_;
  Manifest manifest_;

  void SetUp() override {
    test::add(slot_, "state/model/w", test::normal(3000, 1));
    test::add(slot_, "state/model/b", test::normal(4, 2));
    test::add_text(slot_, "record/pipeline", std::string(500, 'p'));
    written_ = write_tree(store_, slot_.leaves(), {});
    manifest_.info.run = "run";
    manifest_.info.sequence = manifest_.info.generation = manifest_.info.generation_start = 1;
    manifest_.info.cut.metrics = {{"map50", 0.5}};
    manifest_.info.digest = written_.digest;
    manifest_.info.size_bytes = written_.size_bytes;
    manifest_.info.entries = written_.entries;
    manifest_.parts = {written_.part};
    store_.publish(manifest_, written_.packs);
  }
};

TEST_F(Fuzz, TheFrameOfThisTestIsTheFormats) {
  const auto stored = decode_manifest(framed(manifest_text(manifest_)), "it");
  EXPECT_EQ(stored.manifest.info.id, manifest_.info.id);
}

// Changed manifests are read as far as they go: a whole restore is tried with each.
TEST_F(Fuzz, ForgedManifestsAreRefusedOrMeanWhatTheySay) {
  const auto document = nlohmann::json::parse(manifest_text(manifest_));
  const std::string key = manifest_.key().key();
  Verdicts verdicts;
  for (uint64_t seed = 0; seed < rounds(3000, 300000); ++seed) {
    std::string text;
    try {
      text = canonical_json(JsonMutator(seed).changed(document));
    } catch (const Error&) {
      continue;  // what no canonical text can hold
    }
    backend_.set(key, framed(text));
    Store reader(backend_, OpenStore::MustExist);
    verdicts.of([&] {
      const auto stored = reader.read_manifest(manifest_.key());
      std::vector<TableRow> rows;
      Slot slot;
      load_tree(reader, *stored, 1, rows, slot);
      EXPECT_EQ(test::contents(slot.leaves()), test::contents(slot_.leaves()));
    });
  }
  EXPECT_GT(verdicts.refused, 100);
  EXPECT_GT(verdicts.accepted, 0);  // another reason or metric harms nobody
}

TEST_F(Fuzz, ForgedTablesAreRefusedOrStayInBounds) {
  const auto texts = encode_table(written_.rows);
  Verdicts verdicts;
  for (uint64_t seed = 0; seed < rounds(5000, 500000); ++seed) {
    const auto document = nlohmann::json::parse(texts[seed % texts.size()]);
    std::string text;
    try {
      text = canonical_json(JsonMutator(seed).changed(document));
    } catch (const Error&) {
      continue;
    }
    verdicts.of([&] {
      std::vector<TableRow> rows;
      decode_table(text, "it", rows);
      for (const TableRow& row : rows) {
        EXPECT_LE(row.inline_bytes.size(), kInlineBytes);
        EXPECT_LE(row.blocks.size(), texts[0].size());
      }
    });
  }
  EXPECT_GT(verdicts.refused, 100);
}

// Headers of blocks with nasty numbers, in an index whose hash and lengths are right.
TEST_F(Fuzz, ForgedPackIndexesAreRefusedOrNameNothingWrong) {
  const std::string key = pack_key(written_.packs[0]);
  const Bytes pack = backend_.copy().at(key);
  const PackTail tail = parse_pack_tail(std::span(pack).last(kPackTailSize), pack.size(), key);
  Bytes index(tail.index_raw_size);
  const auto frames = std::span(pack).subspan(tail.index_offset, tail.index_size);
  decompress(frames.first(frame_size(frames, key)), index, key);
  constexpr uint8_t kNasty[] = {0x00, 0x01, 0x02, 0x08, 0x10, 0x7F, 0x80, 0xFE, 0xFF};
  Verdicts verdicts;
  for (uint64_t seed = 0; seed < rounds(2000, 200000); ++seed) {
    JsonMutator random(seed);
    Bytes forged = index;
    for (size_t changes = 1 + random.below(6); changes > 0; --changes)
      forged[random.below(forged.size())] = std::byte{kNasty[random.below(std::size(kNasty))]};
    const auto stored = compress(forged, 3);
    ByteWriter end;
    const Hash hash = sha256(stored);
    const uint32_t count = random.below(4) == 0 ? static_cast<uint32_t>(random.below(1u << 20)) : tail.count;
    end.number(tail.index_offset).number(static_cast<uint32_t>(stored.size()));
    end.number(static_cast<uint32_t>(forged.size())).number(count);
    end.raw(std::as_bytes(std::span(hash.bytes))).raw("cairnpe1");
    Bytes whole(pack.begin(), pack.begin() + static_cast<std::ptrdiff_t>(tail.index_offset));
    whole.insert(whole.end(), stored.begin(), stored.end());
    const auto tail_bytes = end.take();
    whole.insert(whole.end(), tail_bytes.begin(), tail_bytes.end());
    backend_.set(key, whole);
    Store reader(backend_, OpenStore::MustExist);
    verdicts.of([&] {
      const auto read = reader.read_manifest(manifest_.key());
      std::vector<TableRow> rows;
      Slot slot;
      load_tree(reader, *read, 1, rows, slot);
      EXPECT_EQ(test::contents(slot.leaves()), test::contents(slot_.leaves()));
    });
  }
  EXPECT_GT(verdicts.refused, 100);
}

TEST_F(Fuzz, ForgedPayloadsDecodeIntoTheirBoundsOrNotAtAll) {
  const test::Floats base = test::normal(2000, 5), now = test::normal(2000, 6);
  const auto bytes = std::as_bytes(std::span(now)), before = std::as_bytes(std::span(base));
  const Hash name = sha256(bytes), base_name = sha256(before);
  const std::vector<EncodedBlock> blocks{
      encode_full(name, DType::Float32, bytes),
      encode_delta(name, DType::Float32, bytes, {Formula::Previous, {before}, {base_name}, {}, 0})};
  Verdicts verdicts;
  for (uint64_t seed = 0; seed < rounds(4000, 400000); ++seed) {
    JsonMutator random(seed);
    EncodedBlock block = blocks[seed % 2];
    for (size_t changes = 1 + random.below(8); changes > 0; --changes) {
      const size_t at = random.below(2) == 0 ? random.below(std::min<size_t>(64, block.payload.size()))
                                             : random.below(block.payload.size());
      block.payload[at] = static_cast<std::byte>(random.below(256));
    }
    if (random.below(3) == 0) block.header.codec = static_cast<uint8_t>(random.below(5));
    if (random.below(3) == 0) block.header.formula = static_cast<uint8_t>(random.below(10));
    if (random.below(3) == 0) block.header.element = static_cast<uint8_t>(random.below(40));
    if (random.below(5) == 0) block.payload.resize(random.below(block.payload.size()));
    block.header.stored_size = static_cast<uint32_t>(block.payload.size());
    const std::vector<BytesView> operands(block.header.operands.size(), before);
    Bytes into(block.header.raw_size);
    verdicts.of([&] { decode_block(block.header, block.payload, operands, into); });
  }
  EXPECT_GT(verdicts.refused, 100);
}

}  // namespace
}  // namespace cairn
