// Trees through a store: written by write_tree, read by read_table and read_rows.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "checkpoint/pipeline/slot.h"
#include "checkpoint/pipeline/tree_encoder.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "support/address_space.h"
#include "support/backends.h"
#include "support/trees.h"

namespace cairn {
namespace {

using test::Contents;
using test::MemoryBackend;
using test::normal;

class TreeTest : public testing::Test {
 protected:
  MemoryBackend backend_;
  Store store_{backend_, OpenStore::CreateIfEmpty};
  Slot slot_;
  int64_t sequence_ = 0;
  std::set<Hash> condemned_;

  void fill(uint64_t seed) {
    slot_.clear();
    test::add(slot_, "state/model/large", normal(3u << 20, seed));
    test::add(slot_, "state/model/small", {1, 2, 3});
    test::add(slot_, "state/model/empty", {});
    test::add(slot_, "state/ema/w", normal(5000, 99));
    test::add_text(slot_, "record/journal", std::string(100000, 'j') + std::to_string(seed));
  }
  WrittenTree write(Manifest& manifest) {
    const auto leaves = slot_.leaves();
    const WrittenTree written = write_tree(
        store_, leaves, {.threads = 2, .base = {}, .predictions = {}, .unusable = [&](const Store::Place& place) {
                           return condemned_.contains(place.pack);
                         }});
    manifest.info.run = "run";
    manifest.info.sequence = ++sequence_;
    written.describe_in(manifest);
    EXPECT_TRUE(store_.publish(manifest, written.packs));
    return written;
  }
  Contents read(const Manifest& manifest) {
    Store fresh(backend_, OpenStore::MustExist);
    const auto stored = fresh.read_manifest(manifest.key());
    const auto rows = read_table(fresh, *stored, 2);
    std::vector<std::vector<std::byte>> memory(rows.size());
    read_rows(
        fresh, rows,
        [&](size_t i) {
          memory[i].resize(rows[i].entry.size_bytes);
          return std::span<std::byte>(memory[i]);
        },
        2);
    Contents out;
    for (size_t i = 0; i < rows.size(); ++i)
      out[rows[i].entry.path] = test::describe(rows[i].entry) + test::as_text(memory[i]);
    return out;
  }
};

TEST_F(TreeTest, ComesBackBitByBit) {
  fill(1);
  Manifest manifest;
  const WrittenTree written = write(manifest);
  EXPECT_EQ(read(manifest), test::contents(slot_.leaves()));
  EXPECT_EQ(written.entries, 5);
  EXPECT_EQ(written.stats.raw_bytes, slot_.size_bytes());
}

TEST_F(TreeTest, StoresEqualBlocksOnce) {
  fill(1);
  Manifest first, second, third;
  write(first);
  const WrittenTree same = write(second);
  EXPECT_EQ(same.digest, first.info.digest);
  EXPECT_EQ(same.stats.stored_bytes, 0u);
  fill(2);
  const WrittenTree changed = write(third);
  EXPECT_NE(changed.digest, first.info.digest);
  EXPECT_GE(changed.stats.blocks_reused, 1);  // state/ema/w
  EXPECT_EQ(read(third), test::contents(slot_.leaves()));
}

// More than are read as one group, each block encoded against one of the base.
TEST_F(TreeTest, ComesBackInGroups) {
  Slot base;
  for (int i = 0; i < 6; ++i) {
    const auto values = normal(1u << 20, static_cast<uint64_t>(i));
    auto near = values;
    for (float& value : near) value *= 1.0001f;
    test::add(base, cat("state/model/", i), values);
    test::add(slot_, cat("state/model/", i), near);
  }
  const WrittenTree first = write_tree(store_, base.leaves(), {});
  const WrittenTree second = write_tree(
      store_, slot_.leaves(), {.threads = 2, .base = {base.leaves(), first.rows}, .predictions = {}, .unusable = {}});
  EXPECT_EQ(second.stats.depth, 1);
  Manifest manifest;
  manifest.info.run = "run";
  manifest.info.sequence = ++sequence_;
  second.describe_in(manifest);
  ASSERT_TRUE(store_.publish(manifest, second.packs));
  EXPECT_EQ(read(manifest), test::contents(slot_.leaves()));
}

// Equal blocks make equal packs: written again, they would lie where a collection is about to remove them.
TEST_F(TreeTest, CountsOnNoPackThatIsAboutToBeRemoved) {
  fill(1);
  Manifest first, second;
  const WrittenTree before = write(first);
  condemned_ = {before.packs.begin(), before.packs.end()};
  const WrittenTree after = write(second);
  EXPECT_EQ(after.digest, before.digest);
  store_.remove_manifest(first.key());
  for (const Hash& pack : condemned_) backend_.remove(pack_key(pack));
  EXPECT_EQ(read(second), test::contents(slot_.leaves()));
}

TEST_F(TreeTest, HasADigestOfTheStatePartOnly) {
  Manifest first, second;
  fill(1);
  write(first);
  slot_.clear();
  fill(1);
  test::add_text(slot_, "record/time", "later");
  write(second);
  EXPECT_EQ(first.info.digest, second.info.digest);
}

TEST_F(TreeTest, IsFoundWithoutHints) {
  fill(1);
  Manifest manifest;
  write(manifest);
  Manifest bare = manifest;
  backend_.remove(manifest.key().key());
  ASSERT_TRUE(store_.publish(bare, {}));
  EXPECT_EQ(read(bare), test::contents(slot_.leaves()));
}

TEST_F(TreeTest, NoticesEveryDamageToItsPacks) {
  slot_.clear();
  test::add(slot_, "state/model/w", normal(100, 1));
  test::add(slot_, "state/model/b", normal(20, 2));
  Manifest manifest;
  write(manifest);
  const auto expected = test::contents(slot_.leaves());
  for (const auto& [key, bytes] : backend_.copy()) {
    if (!key.starts_with("packs/")) continue;
    for (size_t at = kPackMagicSize; at < bytes.size(); ++at) {
      Bytes flipped = bytes;
      flipped[at] ^= static_cast<std::byte>(1 << at % 8);
      backend_.set(key, flipped);
      EXPECT_THROW(read(manifest), Error) << at;
    }
    for (size_t size = 0; size < bytes.size(); size += 16) {
      backend_.set(key, Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
      EXPECT_THROW(read(manifest), Error) << size;
    }
    backend_.remove(key);
    EXPECT_THROW(read(manifest), Error);
    backend_.set(key, bytes);
  }
  EXPECT_EQ(read(manifest), expected);
}

// A manifest may name one block as often as it likes.
TEST_F(TreeTest, ATableOfHostileLengthIsRefusedBeforeItTakesMemory) {
  if (!test::kAddressSpaceMayEnd) GTEST_SKIP() << "a sanitizer takes the address space";
  fill(1);
  Manifest manifest;
  const WrittenTree written = write(manifest);
  const auto large = std::find_if(written.rows.begin(), written.rows.end(),
                                  [](const TableRow& row) { return row.entry.path == "state/model/large"; });
  manifest.info.sequence = ++sequence_;
  manifest.parts[0].table.assign(300, large->blocks[0]);  // 1.2 GB
  ASSERT_TRUE(store_.publish(manifest, written.packs));
  const auto stored = store_.read_manifest(manifest.key());
  EXPECT_EXIT(
      {
        test::leave_address_space(300u << 20);
        try {
          read_table(store_, *stored, 1);
        } catch (const Error& error) {
          _exit(error.code() == Code::DataLoss && error.message().find("out of bounds") != std::string::npos ? 0 : 1);
        }
        _exit(2);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace cairn
