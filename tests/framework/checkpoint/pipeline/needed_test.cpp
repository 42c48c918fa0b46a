#include "checkpoint/pipeline/needed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/error.h>

#include "checkpoint/codec/block_codec.h"
#include "checkpoint/pipeline/collect.h"
#include "checkpoint/pipeline/copy.h"
#include "checkpoint/pipeline/save_pipeline.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "support/backends.h"
#include "support/files.h"
#include "support/trees.h"

namespace cairn {
namespace {

using test::MemoryBackend;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr std::chrono::seconds kGrace{30};

// A store whose blocks lie where a test wants them.
class NeededTest : public testing::Test {
 protected:
  MemoryBackend backend_;
  Store store_{backend_, OpenStore::CreateIfEmpty};
  Clock::time_point now_ = Clock::now();

  static Bytes content(uint8_t value) { return Bytes(64, std::byte{value}); }
  static Hash name(uint8_t value) { return sha256(content(value)); }
  static EncodedBlock whole(uint8_t value) { return encode_full(name(value), DType::UInt8, content(value)); }
  static EncodedBlock against(uint8_t value, uint8_t base, uint16_t depth = 0) {
    const Bytes operand = content(base);
    DeltaBase from;
    from.depth = depth;
    from.formula = Formula::Previous;
    from.names = {name(base)};
    from.operands = {operand};
    return encode_delta(name(value), DType::UInt8, content(value), from);
  }
  Hash pack(const std::vector<EncodedBlock>& blocks) {
    PackWriter writer;
    for (const EncodedBlock& block : blocks) writer.add(block);
    return store_.put_pack(writer.finish());
  }
  // A snapshot of one tensor, saved for real.
  Manifest save(uint64_t seed, int64_t sequence = 1) {
    Slot slot;
    test::add(slot, "state/model/w", test::normal(600, seed));
    const auto leaves = slot.leaves();
    const WrittenTree written = write_tree(store_, leaves, {});
    Manifest manifest;
    manifest.info.run = "run";
    manifest.info.sequence = sequence;
    manifest.info.generation = manifest.info.generation_start = 1;
    written.describe_in(manifest);
    EXPECT_TRUE(store_.publish(manifest, written.packs));
    packs_ = written.packs;
    return manifest;
  }
  std::vector<Hash> packs_;  // of the newest save
};

TEST_F(NeededTest, ACopyWhoseBaseIsGoneIsPassedOver) {
  const Hash deep = pack({against(2, 1), whole(3)});
  const Hash base = pack({whole(4)}), middle = pack({against(5, 4)}), deeper = pack({against(2, 5, 1)});
  Closure closure(store_);
  closure.add(std::vector<Hash>{name(2)});
  EXPECT_THAT(closure.packs(), UnorderedElementsAre(deeper, middle, base));
  pack({whole(1)});
  Closure again(store_);
  ASSERT_TRUE(again.choose(name(2)));
  EXPECT_EQ(again.choose(name(2))->pack, deep);
}

TEST_F(NeededTest, SaysWhichOperandIsMissing) {
  pack({against(2, 1)});
  Closure closure(store_);
  try {
    closure.need(name(2));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::DataLoss);
    EXPECT_THAT(error.message(), testing::HasSubstr(name(1).hex() + " is in no pack"));
  }
}

TEST_F(NeededTest, TwoCopiesThatStandOnEachOtherAreNoWay) {
  pack({against(1, 2)});
  pack({against(2, 1)});
  Closure closure(store_);
  EXPECT_EQ(closure.choose(name(1)), nullptr);
  EXPECT_EQ(closure.choose(name(2)), nullptr);
  EXPECT_THROW(closure.need(name(1)), Error);
}

TEST_F(NeededTest, UnusablePlacesAndWhatStandsOnThemAreNotChosen) {
  const Hash base = pack({whole(1)}), first = pack({against(2, 1)});
  Closure closure(store_, [&](const Store::Place& place) { return place.pack == base; });
  EXPECT_EQ(closure.choose(name(2)), nullptr);
  EXPECT_THROW(closure.need(name(2)), Error);
  const Hash second = pack({whole(2)});
  Closure again(store_, [&](const Store::Place& place) { return place.pack == base; });
  ASSERT_TRUE(again.choose(name(2)));
  EXPECT_EQ(again.choose(name(2))->pack, second);
  EXPECT_NE(first, second);
}

// One copy is enough, but not when somebody may count on another one.
TEST_F(NeededTest, EveryCopyStaysWhereAllAreNamed) {
  const Manifest manifest = save(1);
  const auto stored = store_.read_manifest(manifest.key());
  const Hash first = packs_.at(0);
  const Bytes bytes = *backend_.get(pack_key(first), {});
  const Hash second = store_.put_pack(under_another_name(bytes, "it", nullptr));
  Condemned named;
  {
    Needed needed(store_, named);
    needed.add(*stored);
    EXPECT_EQ(needed.packs().size(), 1u);
  }
  named[first] = now_;
  {
    Needed needed(store_, named);
    needed.add(*stored);
    EXPECT_THAT(needed.packs(), ElementsAre(second));
  }
  named[second] = now_;
  Needed needed(store_, named);
  needed.add(*stored);
  EXPECT_THAT(needed.packs(), UnorderedElementsAre(first, second));
}

TEST_F(NeededTest, ACollectionRemovesNeitherOfTwoNamedCopies) {
  const Manifest manifest = save(1);
  const Hash second = store_.put_pack(under_another_name(*backend_.get(pack_key(packs_[0]), {}), "it", nullptr));
  condemn(store_, {packs_[0]}, now_);
  condemn(store_, {second}, now_);
  const Collected done = collect(store_, kGrace, now_ + 2 * kGrace, DryRun::No);
  EXPECT_EQ(done.live, 2u);
  EXPECT_THAT(done.removed, testing::IsEmpty());
}

TEST_F(NeededTest, ARunsOwnCollectionLooksCloserWhereAHintIsNamed) {
  save(1);
  const Hash hinted = packs_.at(0);
  const Hash other = store_.put_pack(under_another_name(*backend_.get(pack_key(hinted), {}), "it", nullptr));
  const Manifest mine = save(2, 2);
  RunCollector collector(store_, kGrace);
  collector.published(mine.key(), {other});  // so that the pack is its own to remove
  condemn(store_, {hinted}, now_);
  collector.forget(mine.key());
  collector.sweep(now_);
  collector.sweep(now_ + 2 * kGrace);
  EXPECT_TRUE(store_.backend().stat(pack_key(other)));
  EXPECT_TRUE(store_.backend().stat(pack_key(hinted)));
}

TEST_F(NeededTest, TheTimeOfANameIsWhenItWasWritten) {
  const test::TempFolder folder;
  const auto backend = test::local_backend(folder.path());
  Store store(*backend, OpenStore::CreateIfEmpty);
  condemn(store, {name(1)}, now_ - std::chrono::hours(5));
  condemn(store, {name(2)}, now_ + std::chrono::hours(5));
  EXPECT_GT(read_condemned(store).at(name(1)), now_ - std::chrono::hours(1));
  EXPECT_GT(read_condemned(store).at(name(2)), now_ + std::chrono::hours(4));
}

TEST_F(NeededTest, TheSameBlocksNeverMakeTheSamePack) {
  save(1);
  const std::vector<Hash> before = packs_;
  for (const Hash& pack : before) store_.remove_pack(pack);
  save(1, 2);
  EXPECT_NE(packs_, before);
}

TEST_F(NeededTest, ACopyGetsAnotherNameWhereItsOwnIsNamed) {
  const Manifest manifest = save(1);
  MemoryBackend there;
  const auto other = Store::mirror(there, store_);
  EXPECT_EQ(copy_snapshot(store_, *other, manifest.key()).needed, packs_);
  condemn(*other, packs_, now_);
  other->remove_manifest(manifest.key());
  const Copied again = copy_snapshot(store_, *other, manifest.key());
  EXPECT_EQ(again.packs, 1u);
  EXPECT_NE(again.needed, packs_);
  for (const Hash& pack : packs_) other->remove_pack(pack);
  std::vector<TableRow> rows = read_table(*other, *other->read_manifest(manifest.key()), 1);
  EXPECT_EQ(rows.size(), 1u);
}

// Names a pack as soon as the manifest is there.
class QuickCollector final : public test::ForwardingBackend {
 public:
  QuickCollector(MemoryBackend& to, std::vector<Hash> packs) : ForwardingBackend(to), packs_(std::move(packs)) {}
  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    const PutResult result = inner_.put(key, bytes, mode);
    if (!key.starts_with("snapshots/")) return result;
    Store store(inner_, OpenStore::MustExist);
    condemn(store, packs_, Clock::now());
    return result;
  }

 private:
  std::vector<Hash> packs_;
};

TEST_F(NeededTest, ACopyIsTakenBackWhenItsPacksWereNamedMeanwhile) {
  const Manifest manifest = save(1);
  MemoryBackend there;
  Store::mirror(there, store_);
  QuickCollector quick(there, packs_);
  Store other(quick, OpenStore::MustExist);
  try {
    copy_snapshot(store_, other, manifest.key());
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::Unavailable);
  }
  EXPECT_TRUE(other.manifests("run").empty());
}

}  // namespace
}  // namespace cairn
