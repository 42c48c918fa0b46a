// Stores that several machines use, mirror, heal and seal, on every place where a store may lie.
#include "stores/store_on_place.h"

#include <algorithm>
#include <atomic>

#include "checkpoint/pipeline/repair.h"
#include "checkpoint/pipeline/sync.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "store/marks.h"
#include "support/keys.h"

namespace cairn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Copies : public StoreOnPlace {};

// A backend that can be away, and counts what it reads.
class WatchedBackend final : public ForwardingBackend {
 public:
  using ForwardingBackend::ForwardingBackend;
  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    if (away) fail(Code::Unavailable, "the server does not answer");
    return inner_.put(key, bytes, mode);
  }
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override {
    auto bytes = inner_.get(key, range);
    if (bytes && key.starts_with("packs/")) read += bytes->size();
    return bytes;
  }
  std::atomic<bool> away = false;
  std::atomic<uint64_t> read = 0;
};

TEST_P(Copies, AMirrorHasWhatWasSavedAndHealsTheFirstStore) {
  const auto local = place("local").params(cat(folder_.path().filename().string(), "-near"), folder_.path());
  const auto near = local_backend(local.at("path").text());
  Store here(*near, OpenStore::CreateIfEmpty);
  const auto far = open_backend("first");
  {
    const auto all = pipeline(here, {}, {{far.get(), {}}});
    for (int64_t i = 1; i <= 3; ++i) save(*all, i);
    all->drain(std::nullopt);
    EXPECT_EQ(all->mirrors()[0].trouble, "");
  }
  const auto other = machine("other");
  EXPECT_THAT(iterations(*other), ElementsAre(1, 2, 3));
  EXPECT_EQ(other->uuid(), here.uuid());
  expect_whole(*other);
  const std::string damaged = here.keys("packs/")[0];
  Bytes bytes = *near->get(damaged);
  bytes[bytes.size() / 2] ^= std::byte{1};
  near->put(damaged, bytes, PutMode::Replace);
  Store* const from = other.store.get();
  EXPECT_THAT(repair_store(here, std::span(&from, 1), kSilent).healed, ElementsAre(damaged));
  expect_whole(here);
}

TEST_P(Copies, AStoreIsHealedFromACopy) {
  MemoryBackend copy;
  const auto here = first();
  save_all(*here, 1, 2);
  const auto mirror = Store::mirror(copy, *here);
  EXPECT_EQ(sync_stores(*here, *mirror, "", kSilent).snapshots, 2u);
  const std::string pack = here->keys("packs/")[0], manifest = here->manifests("run")[0].key();
  flip_a_bit(*here.backend, pack);
  flip_a_bit(*here.backend, manifest);
  const auto other = machine("other");
  Store* const from = mirror.get();
  EXPECT_EQ(repair_store(*other, std::span(&from, 1), kSilent).healed.size(), 2u);
  const auto third = machine("third");
  EXPECT_THAT(iterations(*third), ElementsAre(1, 2));
  expect_whole(*third);
}

TEST_P(Copies, AMirrorCatchesUpAfterItWasAway) {
  MemoryBackend near;
  Store here(near, OpenStore::CreateIfEmpty);
  const auto far = open_backend("first");
  WatchedBackend watched(*far);
  {
    const auto all = pipeline(here, {}, {{&watched, {}}});
    watched.away = true;
    for (int64_t i = 1; i <= 2; ++i) save(*all, i);
    all->drain(std::nullopt);
    EXPECT_EQ(all->mirrors()[0].waiting, 2u);
    EXPECT_THAT(all->mirrors()[0].trouble, HasSubstr("does not answer"));
  }
  watched.away = false;
  const auto again = pipeline(here, {}, {{&watched, {}}});
  again->drain(std::nullopt);
  EXPECT_EQ(again->mirrors()[0].waiting, 0u);
  const auto other = machine("other");
  EXPECT_THAT(iterations(*other), ElementsAre(1, 2));
  expect_whole(*other);
}

TEST_P(Copies, AMirrorForgetsByItsOwnPolicy) {
  MemoryBackend near;
  Store here(near, OpenStore::CreateIfEmpty);
  const auto far = open_backend("first");
  KeepPolicy keep;
  keep.last = 1;
  {
    const auto all = pipeline(here, {}, {{far.get(), keep}});
    for (int64_t i = 1; i <= 5; ++i) {
      save(*all, i);
      all->drain(std::nullopt);
    }
  }
  EXPECT_EQ(iterations(here).size(), 5u);
  const auto other = machine("other");
  EXPECT_THAT(iterations(*other), ElementsAre(5));
  expect_whole(*other);
}

TEST_P(Copies, SyncBringsWhatIsLackingAndNothingTwice) {
  const auto here = first();
  save_all(*here, 1, 2);
  MemoryBackend memory;
  Store to(memory, OpenStore::CreateIfEmpty);
  EXPECT_EQ(sync_stores(*here, to, "", kSilent).snapshots, 2u);
  save_all(*here, 3, 3);
  const auto other = machine("other");
  const Synced rest = sync_stores(*other, to, "", kSilent);
  EXPECT_EQ(rest.snapshots, 1u);
  EXPECT_EQ(rest.there, 2u);
  expect_whole(to);
}

TEST_P(Copies, SyncFillsAnEmptyPlaceWithItsMarks) {
  MemoryBackend memory;
  Store from(memory, OpenStore::CreateIfEmpty);
  const auto saved = save(*pipeline(from), 1);
  add_mark(from, {saved.snapshot->id, "tag", "good", "", ""});
  const auto here = first();
  const Synced done = sync_stores(from, *here, "", kSilent);
  EXPECT_EQ(done.snapshots, 1u);
  EXPECT_EQ(done.marks, 1u);
  const auto other = machine("other");
  expect_whole(*other);
  EXPECT_EQ(read_marks(*other).size(), 1u);
}

TEST_P(Copies, AnotherMachineGoesOnWithTheRun) {
  {
    const auto here = first();
    save_all(*here, 1, 3);
  }
  const auto other = machine("other");
  const auto infos = read_infos(*other, "run", kSilent);
  {
    const auto all = pipeline(*other);
    all->continue_from(infos[1]);
    save(*all, 10);
    save(*all, 11);
  }
  const auto third = machine("third");
  std::vector<int64_t> line;
  for (const SnapshotInfo& info : line_of(read_infos(*third, "run", kSilent))) line.push_back(info.cut.iteration);
  EXPECT_THAT(line, ElementsAre(1, 2, 10, 11));
  expect_whole(*third);
}

TEST_P(Copies, AWriterThatWasOvertakenWritesNoMore) {
  const auto here = first();
  if (!here.backend->capabilities().leases) GTEST_SKIP() << "no leases";
  const auto sleeper = pipeline(*here);
  save(*sleeper, 1);
  const auto other = machine("other");
  const auto faster = pipeline(*other);
  faster->continue_from(*save(*sleeper, 2).snapshot);
  save(*faster, 3);
  SavePipeline::Place* place = sleeper->take(true);
  fill(sleeper->slot(*place), 4);
  CutInfo cut;
  cut.iteration = 4;
  cut.reason = "test";
  const auto late = sleeper->wait(sleeper->submit(*place, cut, {}, 0));
  ASSERT_TRUE(late.error);
  EXPECT_EQ(late.error->code(), Code::FailedPrecondition);
  EXPECT_THAT(iterations(*machine("third")), ElementsAre(1, 2, 3));
}

TEST_P(Copies, ANameThatIsTakenStaysAnothers) {
  const auto here = first();
  if (!here.backend->capabilities().conditional_put) GTEST_SKIP() << "no conditional put";
  save_all(*here, 1, 1);
  Manifest manifest = here->read_manifest(here->manifests("run")[0])->manifest;
  manifest.info.cut.iteration = 99;
  const auto other = machine("other");
  EXPECT_FALSE(other->publish(manifest, {}));
  EXPECT_THAT(iterations(*machine("third")), ElementsAre(1));
}

TEST_P(Copies, ASealedStoreTellsNothingWithoutItsKey) {
  const Path key = key_file(folder_.path(), "key");
  save_all(*first(sealing_with(key)), 1, 2);
  const auto backend = open_backend("other");
  const auto needle = as_text(std::as_bytes(std::span(weights(1))).first(64));
  for (const std::string& each : backend->list("", "").keys) {
    const std::string bytes = as_text(*backend->get(each));
    EXPECT_EQ(bytes.find(needle), std::string::npos) << each;
    EXPECT_EQ(bytes.find("state/model"), std::string::npos) << each;
  }
  const auto locked = machine("other");
  EXPECT_FALSE(locked->has_key());
  EXPECT_ANY_THROW(contents_of(*locked, locked->manifests("run")[0]));
  KeySource source;
  source.file = key;
  const auto opened = machine("third", OpenStore::MustExist, reading_with(source));
  EXPECT_THAT(iterations(*opened), ElementsAre(1, 2));
  expect_whole(*opened);
}

TEST_P(Copies, ASealedStoreIsMirroredWithoutItsKey) {
  const Path key = key_file(folder_.path(), "key");
  MemoryBackend memory;
  Store from(memory, OpenStore::CreateIfEmpty, {}, sealing_with(key));
  save(*pipeline(from), 1);
  Store locked(memory, OpenStore::MustExist);
  const auto far = open_backend("first");
  const auto mirror = Store::mirror(*far, locked);
  EXPECT_EQ(sync_stores(locked, *mirror, "", kSilent).snapshots, 1u);
  KeySource source;
  source.file = key;
  expect_whole(*machine("other", OpenStore::MustExist, reading_with(source)));
}

// Packs of many parts, and an object of Git LFS of some size.
TEST_P(Copies, ALargeStateArrivesWhole) {
  const Floats large = normal(700000, 3);
  const auto here = first();
  {
    const auto all = pipeline(*here);
    SavePipeline::Place* place = all->take(true);
    add(all->slot(*place), "state/model/large", large);
    CutInfo cut;
    cut.iteration = 1;
    cut.reason = "test";
    ASSERT_TRUE(all->wait(all->submit(*place, cut, {}, 0)).snapshot);
  }
  const auto other = machine("other");
  Slot expected;
  add(expected, "state/model/large", large);
  EXPECT_EQ(contents_of(*other, other->manifests("run")[0]), contents(expected.leaves()));
}

TEST_P(Copies, OneTensorIsReadWithoutTheOthers) {
  const auto here = first();
  {
    const auto all = pipeline(*here);
    SavePipeline::Place* place = all->take(true);
    add(all->slot(*place), "state/model/large", normal(1000000, 3));
    add(all->slot(*place), "state/model/small", {1, 2, 3});
    CutInfo cut;
    cut.iteration = 1;
    cut.reason = "test";
    ASSERT_TRUE(all->wait(all->submit(*place, cut, {}, 0)).snapshot);
  }
  const auto backend = open_backend("other");
  WatchedBackend watched(*backend);
  Store other(watched, OpenStore::MustExist);
  const auto rows = read_table(other, *other.read_manifest(other.manifests("run")[0]), 1);
  const auto small =
      std::find_if(rows.begin(), rows.end(), [](const TableRow& row) { return row.entry.path == "state/model/small"; });
  ASSERT_NE(small, rows.end());
  Floats values(3);
  read_rows(
      other, std::span(&*small, 1), [&](size_t) { return std::as_writable_bytes(std::span(values)); }, 1);
  EXPECT_EQ(values, (Floats{1, 2, 3}));
  EXPECT_LT(watched.read, 1u << 20);
}

INSTANTIATE_TEST_SUITE_P(All, Copies, testing::ValuesIn(place_names()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace cairn::test
