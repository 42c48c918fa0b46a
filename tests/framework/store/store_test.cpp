#include "store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/find_snapshot.h"
#include "store/lease.h"
#include "store/run_line.h"
#include "support/backends.h"
#include "support/files.h"

namespace cairn {
namespace {

using test::as_bytes;
using test::as_text;
using test::MemoryBackend;

Code code_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::Internal;
}

Manifest manifest(int64_t sequence, int64_t generation = 1) {
  Manifest made;
  made.info.run = "run";
  made.info.sequence = sequence;
  made.info.generation = generation;
  made.info.generation_start = 1;
  made.info.digest = sha256("x").hex();
  made.parts = {{0, {}}};
  return made;
}

PageVector<std::byte> pack_of(const std::string& text) {
  PackWriter writer;
  EncodedBlock block;
  block.header.name = sha256(text);
  block.header.raw_size = block.header.stored_size = static_cast<uint32_t>(text.size());
  const auto bytes = as_bytes(text);
  block.payload.assign(bytes.begin(), bytes.end());
  writer.add(block);
  return writer.finish();
}

TEST(Store, OpensWhatItMade) {
  MemoryBackend backend;
  const std::string uuid = Store(backend, OpenStore::CreateIfEmpty).uuid();
  EXPECT_EQ(uuid.size(), 36u);
  EXPECT_EQ(Store(backend, OpenStore::MustExist).uuid(), uuid);
}

TEST(Store, LeavesForeignPlacesAlone) {
  MemoryBackend backend;
  backend.set("holiday.jpg", Bytes(3));
  EXPECT_EQ(code_of([&] { Store(backend, OpenStore::CreateIfEmpty); }), Code::FailedPrecondition);
  EXPECT_EQ(backend.copy().size(), 1u);
}

TEST(Store, RefusesAnAbsentStoreWhereOneMustBe) {
  MemoryBackend backend;
  EXPECT_EQ(code_of([&] { Store(backend, OpenStore::MustExist); }), Code::NotFound);
  EXPECT_TRUE(backend.copy().empty());
}

TEST(Store, RefusesNewerFormatsAndUnknownFeatures) {
  for (const char* text : {R"({"features":{"delete":[],"read":[],"write":[]},"format":2,"repository":"u"})",
                           R"({"features":{"delete":[],"read":["sealed"],"write":[]},"format":1,"repository":"u"})"}) {
    MemoryBackend backend;
    backend.put("repo.json", as_bytes(text), PutMode::Replace);
    EXPECT_EQ(code_of([&] { Store(backend, OpenStore::CreateIfEmpty); }), Code::FailedPrecondition);
  }
}

TEST(Store, RefusesAMirrorOfAnotherStore) {
  MemoryBackend first, second;
  Store(first, OpenStore::CreateIfEmpty);
  Store(second, OpenStore::CreateIfEmpty);
  EXPECT_EQ(code_of([&] { Store(second, OpenStore::CreateIfEmpty, Store(first, OpenStore::MustExist).uuid()); }),
            Code::FailedPrecondition);
}

TEST(Store, PublishesOnceAndOnlyOnce) {
  MemoryBackend backend;
  Store store(backend, OpenStore::CreateIfEmpty);
  Manifest mine = manifest(1), again = manifest(1), other = manifest(1);
  other.writer = "other";
  EXPECT_TRUE(store.publish(mine, {}));
  EXPECT_TRUE(store.publish(again, {}));
  EXPECT_FALSE(store.publish(other, {}));
  EXPECT_EQ(store.read_manifest(mine.key())->manifest.info.id, mine.info.id);
}

// Where puts become visible together, a name that is taken shows itself only then.
class OvertakenBackend final : public test::ForwardingBackend {
 public:
  using ForwardingBackend::ForwardingBackend;
  void commit(std::span<const std::string> keys) override {
    if (keys[0].starts_with("snapshots/")) fail(code, "somebody else was faster");
  }
  Code code = Code::AlreadyExists;
};

TEST(Store, LosesARaceThatACommitDecides) {
  MemoryBackend memory;
  OvertakenBackend backend(memory);
  Store store(backend, OpenStore::CreateIfEmpty);
  Manifest made = manifest(1, 1);
  EXPECT_FALSE(store.publish(made, {}));
  backend.code = Code::FailedPrecondition;
  EXPECT_THROW(store.publish(made, {}), Error);
}

TEST(Store, RefusesAManifestUnderAnotherName) {
  MemoryBackend backend;
  Store store(backend, OpenStore::CreateIfEmpty);
  Manifest made = manifest(1);
  store.publish(made, {});
  backend.set(ManifestKey{"run", 2, 1}.key(), backend.copy().at(made.key().key()));
  EXPECT_EQ(code_of([&] { store.read_manifest({"run", 2, 1}); }), Code::DataLoss);
}

TEST(Store, RefusesAManifestOfAnotherStore) {
  MemoryBackend backend, foreign;
  Store store(backend, OpenStore::CreateIfEmpty), other(foreign, OpenStore::CreateIfEmpty);
  Manifest made = manifest(1);
  other.publish(made, {});
  backend.set(made.key().key(), foreign.copy().at(made.key().key()));
  EXPECT_EQ(code_of([&] { store.read_manifest(made.key()); }), Code::DataLoss);
}

TEST(Store, FindsBlocksOfPacksThatAnotherProcessWrote) {
  MemoryBackend backend;
  Store writer(backend, OpenStore::CreateIfEmpty), reader(backend, OpenStore::MustExist);
  const Hash pack = writer.put_pack(pack_of("block"));
  EXPECT_TRUE(reader.places(sha256("block")).empty());
  EXPECT_THAT(reader.load_all_packs(), testing::ElementsAre(pack));
  const auto places = reader.places(sha256("block"));
  ASSERT_EQ(places.size(), 1u);
  EXPECT_EQ(places[0].pack, pack);
  const Bytes stored = reader.read(pack, places[0].entry.offset, places[0].entry.length);
  EXPECT_EQ(as_text(payload_of(stored, places[0].entry, "it")), "block");
}

TEST(Store, DropsPacksThatAnotherProcessRemoved) {
  MemoryBackend backend;
  Store writer(backend, OpenStore::CreateIfEmpty), reader(backend, OpenStore::MustExist);
  const Hash pack = writer.put_pack(pack_of("block")), other = writer.put_pack(pack_of("other"));
  reader.load_all_packs();
  writer.remove_pack(pack);
  EXPECT_THAT(reader.drop_missing_packs(), testing::ElementsAre(other));
  EXPECT_TRUE(reader.places(sha256("block")).empty());
  EXPECT_EQ(reader.places(sha256("other")).size(), 1u);
}

TEST(Store, ReadsPacksWithoutRanges) {
  MemoryBackend backend;
  backend.declared.ranged_get = false;
  Store writer(backend, OpenStore::CreateIfEmpty), reader(backend, OpenStore::MustExist);
  writer.put_pack(pack_of("block"));
  reader.load_all_packs();
  EXPECT_EQ(reader.places(sha256("block")).size(), 1u);
}

TEST(Store, PassesOverADamagedPackWhenAllAreLoaded) {
  MemoryBackend backend;
  Store writer(backend, OpenStore::CreateIfEmpty), reader(backend, OpenStore::MustExist);
  const Hash bad = writer.put_pack(pack_of("bad"));
  writer.put_pack(pack_of("good"));
  backend.set(pack_key(bad), Bytes(10));
  reader.load_all_packs();
  EXPECT_EQ(reader.places(sha256("good")).size(), 1u);
  EXPECT_TRUE(reader.places(sha256("bad")).empty());
}

TEST(Store, ListsRunsAndSortsByGeneration) {
  MemoryBackend backend;
  backend.page_size = 2;
  Store store(backend, OpenStore::CreateIfEmpty);
  for (const auto& [sequence, generation] : {std::pair{1, 1}, {2, 1}, {3, 1}, {2, 2}}) {
    Manifest made = manifest(sequence, generation);
    store.publish(made, {});
  }
  EXPECT_THAT(store.runs(), testing::ElementsAre("run"));
  const auto keys = store.manifests("run");
  ASSERT_EQ(keys.size(), 4u);
  EXPECT_EQ(keys.back(), (ManifestKey{"run", 2, 2}));
}

class CountingBackend final : public test::ForwardingBackend {
 public:
  using ForwardingBackend::ForwardingBackend;
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override {
    reads += key.starts_with("snapshots/");
    return inner_.get(key, range);
  }
  int reads = 0;
};

TEST(Store, ReadsOneManifestForTheEndOfALine) {
  MemoryBackend memory;
  CountingBackend backend(memory);
  Store store(backend, OpenStore::CreateIfEmpty);
  EXPECT_FALSE(newest_info(store, "run", [](std::string_view) {}));
  for (const auto& [sequence, generation] : {std::pair{1, 1}, {2, 1}, {3, 1}, {2, 2}}) {
    Manifest made = manifest(sequence, generation);
    store.publish(made, {});
  }
  backend.reads = 0;
  const auto newest = newest_info(store, "run", [](std::string_view) {});
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->generation, 2);
  EXPECT_EQ(backend.reads, 1);
  memory.set(ManifestKey{"run", 2, 2}.key(), Bytes(10));
  std::string said;
  EXPECT_EQ(newest_info(store, "run", [&](std::string_view line) { said += line; })->sequence, 3);
  EXPECT_THAT(said, testing::HasSubstr("is damaged"));
}

TEST(Generation, IsHigherThanEveryEarlierOne) {
  MemoryBackend backend;
  Store store(backend, OpenStore::CreateIfEmpty);
  EXPECT_EQ(WriterLease::claim(store, "run").generation(), 1);
  EXPECT_EQ(WriterLease::claim(store, "run").generation(), 2);
  Manifest made = manifest(1, 9);
  store.publish(made, {});
  EXPECT_EQ(WriterLease::claim(store, "run").generation(), 10);
  EXPECT_EQ(WriterLease::claim(store, "other").generation(), 1);
}

class KeepingBackend final : public test::ForwardingBackend {
 public:
  using ForwardingBackend::ForwardingBackend;
  void remove(const std::string&) override { fail(Code::PermissionDenied, "these keys must not delete"); }
};

TEST(Generation, IsRenewedWhereNothingMayBeRemoved) {
  MemoryBackend memory;
  KeepingBackend backend(memory);
  Store store(backend, OpenStore::CreateIfEmpty);
  WriterLease lease = WriterLease::claim(store, "run");
  for (int i = 0; i < 10; ++i) lease.renew();
  EXPECT_LE(store.keys("leases/run/").size(), 3u);
  EXPECT_TRUE(WriterLease::held(store, "run"));
  lease.release();
  EXPECT_FALSE(WriterLease::held(store, "run"));
}

class ClockedBackend final : public test::ForwardingBackend {
 public:
  using ForwardingBackend::ForwardingBackend;
  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    times_[key] = now;
    return inner_.put(key, bytes, mode);
  }
  std::optional<ObjectStat> stat(const std::string& key) override {
    auto stat = inner_.stat(key);
    if (stat) stat->modified = times_.at(key);
    return stat;
  }
  std::chrono::system_clock::time_point now;

 private:
  std::map<std::string, std::chrono::system_clock::time_point> times_;
};

TEST(Generation, ExpiresByTheStoresClockAndNotByThisMachines) {
  MemoryBackend memory;
  ClockedBackend backend(memory);
  backend.now = std::chrono::system_clock::now() - std::chrono::hours(5);
  Store store(backend, OpenStore::CreateIfEmpty);
  LeaseOwner elsewhere = LeaseOwner::self();
  elsewhere.host = "elsewhere";
  elsewhere.boot = "of another machine";
  WriterLease::claim(store, "run", elsewhere);
  backend.now += kLeaseTime - std::chrono::seconds(1);
  EXPECT_THROW(WriterLease::claim(store, "run"), Error);
  backend.now += std::chrono::seconds(2);
  EXPECT_EQ(WriterLease::claim(store, "run").generation(), 2);
  EXPECT_TRUE(store.keys("probe/").empty());
}

TEST(RunLine, HidesWhatALaterGenerationLeftBehind) {
  RunLine line({{"r", 1, 1}, {"r", 2, 1}, {"r", 3, 1}, {"r", 2, 2}, {"r", 3, 2}, {"r", 3, 2}});
  SnapshotInfo info;
  info.generation = 2;
  info.generation_start = 2;
  EXPECT_EQ(line.next(), (ManifestKey{"r", 3, 2}));
  line.saw(info);
  EXPECT_EQ(line.next(), (ManifestKey{"r", 2, 2}));
  EXPECT_EQ(line.next(), (ManifestKey{"r", 1, 1}));
  EXPECT_FALSE(line.next());
}

}  // namespace
}  // namespace cairn
