// A sealed store from end to end: what lies there tells nothing, damage and exchange are noticed, copies need no key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include <cairn/error.h>

#include "checkpoint/pipeline/collect.h"
#include "checkpoint/pipeline/copy.h"
#include "checkpoint/pipeline/maintain.h"
#include "checkpoint/pipeline/repair.h"
#include "checkpoint/pipeline/slot.h"
#include "checkpoint/pipeline/tree_encoder.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "store/manage_keys.h"
#include "store/marks.h"
#include "support/backends.h"
#include "support/keys.h"
#include "support/trees.h"

namespace cairn {
namespace {

using test::as_text;
using test::Contents;
using test::MemoryBackend;
using test::normal;
using testing::HasSubstr;

constexpr const char* kJournal = "classes = ['platelet', 'leucocyte']; lr = 0.01; ";

class SealedTest : public testing::Test {
 protected:
  test::TempFolder folder_;
  MemoryBackend backend_;
  Path key_ = test::key_file(folder_.path(), "key");
  std::shared_ptr<StoreKeys> keys_ = test::sealing_with(key_);
  Store store_{backend_, OpenStore::CreateIfEmpty, {}, keys_};
  Slot slot_, base_slot_;
  std::vector<TableRow> base_rows_;
  int64_t sequence_ = 0;

  void fill(Slot& slot, uint64_t seed, float step) {
    slot.clear();
    test::Floats weights = normal(1u << 17, 7);
    for (float& each : weights) each += step * each;
    test::add(slot, "state/model/large", weights);
    test::add(slot, "state/ema/w", normal(5000, seed));
    test::add(slot, "state/model/small", {1, 2, 3});
    std::string text;
    while (text.size() < 20000) text += kJournal;
    test::add_text(slot, "record/pipeline", text);
  }
  Manifest write(Store& store, uint64_t seed, float step = 0) {
    fill(slot_, seed, step);
    EncodeSettings settings;
    settings.threads = 2;
    const auto base = base_slot_.leaves();
    if (!base_rows_.empty()) settings.base = {base, base_rows_};
    const auto leaves = slot_.leaves();
    WrittenTree written = write_tree(store, leaves, settings);
    Manifest manifest;
    manifest.writer = kWriter;
    manifest.info.run = "run";
    manifest.info.sequence = ++sequence_;
    manifest.info.generation = manifest.info.generation_start = 1;
    manifest.info.cut.metrics = {{"map50_95", 0.123456}};
    written.describe_in(manifest);
    EXPECT_TRUE(store.publish(manifest, written.packs));
    base_rows_ = written.rows;
    fill(base_slot_, seed, step);
    return manifest;
  }
  Contents read(Backend& backend, const ManifestKey& key, std::shared_ptr<StoreKeys> keys) {
    Store store(backend, OpenStore::MustExist, {}, std::move(keys));
    const auto stored = store.read_manifest(key);
    std::vector<TableRow> rows;
    Slot slot;
    load_tree(store, *stored, 2, rows, slot);
    return test::contents(slot.leaves());
  }
  std::string first_pack() {
    for (const auto& [key, bytes] : backend_.copy()) {
      if (key.starts_with("packs/")) return key;
    }
    return "";
  }
};

bool holds(const Bytes& bytes, std::string_view text) {
  const auto needle = test::as_bytes(text);
  return std::search(bytes.begin(), bytes.end(), needle.begin(), needle.end()) != bytes.end();
}

TEST_F(SealedTest, ComesBackBitByBitAndWithTheSameDigest) {
  const Manifest first = write(store_, 1);
  const Contents was = test::contents(slot_.leaves());
  const Manifest second = write(store_, 2, 1e-6F);  // encoded against the first
  const Contents is = test::contents(slot_.leaves());
  EXPECT_EQ(read(backend_, first.key(), keys_), was);
  EXPECT_EQ(read(backend_, second.key(), keys_), is);
  MemoryBackend plain;
  Store open(plain, OpenStore::CreateIfEmpty);
  base_rows_.clear();
  sequence_ = 0;
  EXPECT_EQ(write(open, 1).info.digest, first.info.digest);
}

TEST_F(SealedTest, NothingThatIsKnownStandsInAnyObject) {
  const Manifest manifest = write(store_, 1);
  add_mark(store_, {manifest.info.id, "note", "text", "", "a note on platelets"});
  const auto leaves = slot_.leaves();
  std::vector<std::string> known = {"leucocyte",   "platelets",   "map50_95",          "0.123456",
                                    "state/model", "cairn 1.0.0", manifest.info.digest};
  for (const TreeLeaf& leaf : leaves) {
    if (leaf.bytes.size() < 64) continue;
    known.push_back(as_text(leaf.bytes.first(64)));
    const Hash name = sha256(leaf.bytes.first(std::min<size_t>(leaf.bytes.size(), kBlockSize)));
    known.push_back(as_text(std::as_bytes(std::span(name.bytes))));
    known.push_back(name.hex());
  }
  size_t objects = 0;
  for (const auto& [key, bytes] : backend_.copy()) {
    ++objects;
    for (const std::string& each : known) {
      EXPECT_FALSE(holds(bytes, each)) << key << " holds " << each;
      EXPECT_EQ(key.find(each), std::string::npos);
    }
  }
  EXPECT_GE(objects, 5u);  // repo.json, a key, a pack, the manifest, the note
  EXPECT_EQ(read_marks(store_)[0].text, "a note on platelets");
  Store locked(backend_, OpenStore::MustExist);
  EXPECT_EQ(read_marks(locked)[0].text, "");
}

TEST_F(SealedTest, NothingIsReadWithoutTheKey) {
  const Manifest manifest = write(store_, 1);
  const auto before = backend_.copy();
  EXPECT_THROW(read(backend_, manifest.key(), nullptr), Error);
  KeySource wrong;
  wrong.file = test::key_file(folder_.path(), "other");
  EXPECT_THROW(read(backend_, manifest.key(), test::reading_with(wrong)), Error);
  EXPECT_EQ(backend_.copy(), before);
}

TEST_F(SealedTest, EveryDamageIsNoticed) {
  const Manifest manifest = write(store_, 1);
  const Contents good = test::contents(slot_.leaves());
  const auto objects = backend_.copy();
  Rng rng({5});
  for (const std::string& key : {first_pack(), manifest.key().key()}) {
    const Bytes& bytes = objects.at(key);
    for (int i = 0; i < 60; ++i) {
      // The ends are dense with structure, the middle with blocks.
      const size_t size = bytes.size();
      const size_t at = i < 20   ? static_cast<size_t>(i) * 3
                        : i < 40 ? size - 1 - static_cast<size_t>(i - 20) * 5
                                 : static_cast<size_t>(rng.below(static_cast<int64_t>(size)));
      Bytes flipped = bytes;
      flipped[at] ^= std::byte{1} << static_cast<int>(rng.below(8));
      backend_.set(key, flipped);
      try {
        read(backend_, manifest.key(), keys_);
        // Only what is never read may differ: the pack's own magic, and the manifest's advice.
        EXPECT_TRUE(key.starts_with("packs/") && at < kPackMagicSize) << key << " at " << at << " of " << size;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::DataLoss) << error.what();
      }
    }
    backend_.set(key, bytes);
  }
  EXPECT_EQ(read(backend_, manifest.key(), keys_), good);
}

TEST_F(SealedTest, BlocksThatChangedPlacesAreRefused) {
  const Manifest manifest = write(store_, 1);
  const std::string key = first_pack();
  store_.load_all_packs();
  std::vector<PackEntry> same;
  for (const TableRow& row : base_rows_) {
    for (const Hash& block : row.blocks) {
      const auto places = store_.places(block);
      ASSERT_EQ(places.size(), 1u);
      if (pack_key(places[0].pack) == key) same.push_back(places[0].entry);
    }
  }
  ASSERT_GE(same.size(), 2u);
  // As much of the second one as fits goes where the first one was, with and without its name.
  const Bytes bytes = backend_.copy().at(key);
  for (const size_t from : {size_t{0}, size_t{40}}) {
    Bytes swapped = bytes;
    const size_t length = std::min(same[0].length, same[1].length) - from;
    std::copy_n(bytes.begin() + static_cast<long>(same[1].offset + from), length,
                swapped.begin() + static_cast<long>(same[0].offset + from));
    backend_.set(key, swapped);
    EXPECT_THROW(read(backend_, manifest.key(), keys_), Error) << from;
  }
}

TEST_F(SealedTest, AManifestUnderAnotherNameIsRefused) {
  const Manifest manifest = write(store_, 1);
  ManifestKey other = manifest.key();
  other.sequence = 9;
  backend_.set(other.key(), backend_.copy().at(manifest.key().key()));
  EXPECT_THROW(store_.read_manifest(other), Error);
  MemoryBackend plain;
  Store open(plain, OpenStore::CreateIfEmpty, store_.uuid());
  Manifest copy = manifest;
  ASSERT_TRUE(open.publish(copy, {}));
  backend_.set(manifest.key().key(), plain.copy().at(manifest.key().key()));
  try {
    store_.read_manifest(manifest.key());
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("is not sealed"));
  }
}

TEST_F(SealedTest, AMirrorIsFilledAndHealedWithoutAKey) {
  const Manifest first = write(store_, 1), second = write(store_, 2, 1e-6F);
  const Contents is = test::contents(slot_.leaves());
  MemoryBackend far;
  Store locked(backend_, OpenStore::MustExist);
  const auto mirror = Store::mirror(far, locked);
  for (const Manifest& each : {first, second}) copy_snapshot(locked, *mirror, each.key());
  EXPECT_TRUE(copy_snapshot(locked, *mirror, second.key()).there_already);
  EXPECT_EQ(read(far, second.key(), keys_), is);
  const auto good = far.copy();
  Bytes damaged = good.at(first_pack());
  damaged[damaged.size() / 2] ^= std::byte{1};
  far.set(first_pack(), damaged);
  far.set(first.key().key(), Bytes(100));
  Store* const other = &locked;
  const Repaired repaired = repair_store(*mirror, std::span(&other, 1), [](std::string_view) {});
  EXPECT_EQ(repaired.healed.size(), 2u);
  EXPECT_EQ(far.copy(), good);
}

TEST_F(SealedTest, WithoutAKeyWrongAdviceCopiesEverything) {
  const Manifest manifest = write(store_, 1);
  Squashed done = squash_snapshot(store_, write(store_, 2, 1e-6F).key(), 2, DryRun::No);
  EXPECT_GT(done.written_bytes, 0u);
  const std::string gone = first_pack();
  MemoryBackend partial;
  for (const auto& [key, bytes] : backend_.copy()) partial.set(key, bytes);
  const auto bytes = partial.copy().at(manifest.key().key());
  partial.set(manifest.key().key(), with_packs(bytes, {sha256("nowhere")}, "it"));
  Store locked(partial, OpenStore::MustExist);
  MemoryBackend far;
  const auto mirror = Store::mirror(far, locked);
  EXPECT_EQ(copy_snapshot(locked, *mirror, manifest.key()).packs, locked.packs().size());
}

TEST_F(SealedTest, SnapshotsCanBeSealedAnewAndUnsealed) {
  const Manifest manifest = write(store_, 1);
  const Contents is = test::contents(slot_.leaves());
  MemoryBackend anew, plain;
  Store other(anew, OpenStore::CreateIfEmpty, {}, test::sealing_with(test::key_file(folder_.path(), "new")));
  const Copied copied = copy_snapshot(store_, other, manifest.key());
  EXPECT_FALSE(copied.there_already);
  EXPECT_NE(other.seal()->fingerprint(), store_.seal()->fingerprint());
  EXPECT_EQ(read(anew, manifest.key(), other.keys()), is);
  Store open(plain, OpenStore::CreateIfEmpty);
  copy_snapshot(other, open, manifest.key());
  EXPECT_EQ(read(plain, manifest.key(), nullptr), is);
  EXPECT_EQ(open.read_manifest(manifest.key())->manifest.info.digest, manifest.info.digest);
}

TEST_F(SealedTest, OldAndNewKeysServeOneChain) {
  const Manifest first = write(store_, 1);
  Store* const only = &store_;
  rotate_keys(std::span(&only, 1));
  Store later(backend_, OpenStore::MustExist, {}, test::sealing_with(key_));
  later.load_all_packs();
  const Manifest second = write(later, 2, 1e-6F);
  const Contents is = test::contents(slot_.leaves());
  EXPECT_EQ(read(backend_, second.key(), test::sealing_with(key_)), is);
  EXPECT_NO_THROW(later.read_manifest(first.key()));
  EXPECT_THROW(store_.read_manifest(second.key()), Error);  // as a process that began before
}

TEST_F(SealedTest, ACollectionNeedsTheKeyAndSaysSo) {
  const Manifest first = write(store_, 1);
  base_rows_.clear();
  write(store_, 2, 0.5F);
  store_.remove_manifest(first.key());
  Store locked(backend_, OpenStore::MustExist);
  const auto before = backend_.copy();
  EXPECT_THROW(collect(locked, std::chrono::seconds(0), Clock::now(), DryRun::No), Error);
  EXPECT_EQ(backend_.copy(), before);
  EXPECT_EQ(collect(store_, std::chrono::seconds(0), Clock::now(), DryRun::No).live, 2u);
}

// tests/goldens/sealed_store was written by version 1 of the format and is never written again. The key in it is of no
// other use.
TEST(SealedGolden, LoadsForEver) {
  const test::TempFolder folder;
  const Path golden = test::goldens() / "sealed_store";
  const Path key = folder / "key";
  if (std::getenv("CAIRN_UPDATE_GOLDENS") != nullptr && !std::filesystem::exists(golden)) {
    test::key_file(folder.path(), "key");
    StoreKeys::Options options;
    options.seal = true;
    options.key.file = options.sign = key;
    const auto backend = test::local_backend(golden / "store");
    Store store(*backend, OpenStore::CreateIfEmpty, {}, std::make_shared<StoreKeys>(options));
    Slot slot;
    test::add(slot, "state/model/w", test::normal(100, 1));
    test::add_text(slot, "record/note", kJournal);
    const WrittenTree written = write_tree(store, slot.leaves(), {});
    Manifest manifest;
    manifest.writer = kWriter;
    manifest.info.run = "golden";
    manifest.info.sequence = manifest.info.generation = manifest.info.generation_start = 1;
    written.describe_in(manifest);
    ASSERT_TRUE(store.publish(manifest, written.packs));
    std::filesystem::copy_file(key, golden / "key");
  } else {
    write_secret_file(key, test::read_text(golden / "key"));
  }
  StoreKeys::Options options;
  options.key.file = key;
  options.trust = folder / "trusted";
  test::write_text(options.trust, public_text(kSignerPrefix, read_identity(key).signer()));
  const auto backend = test::local_backend(golden / "store");
  Store store(*backend, OpenStore::MustExist, {}, std::make_shared<StoreKeys>(options));
  const auto stored = store.read_manifest({"golden", 1, 1});
  ASSERT_TRUE(stored);
  std::vector<TableRow> rows;
  Slot read, expected;
  load_tree(store, *stored, 1, rows, read);
  test::add(expected, "state/model/w", test::normal(100, 1));
  test::add_text(expected, "record/note", kJournal);
  EXPECT_EQ(test::contents(read.leaves()), test::contents(expected.leaves()));
}

}  // namespace
}  // namespace cairn
