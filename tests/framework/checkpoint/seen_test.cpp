#include "checkpoint/seen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/error.h>

#include "support/backends.h"
#include "support/keys.h"

namespace cairn {
namespace {

using test::MemoryBackend;
using testing::HasSubstr;

SnapshotInfo snapshot(int64_t sequence, int64_t generation) {
  SnapshotInfo info;
  info.run = "run";
  info.sequence = sequence;
  info.generation = generation;
  info.id = sha256(std::to_string(sequence)).hex();
  return info;
}

TEST(SeenFile, NoticesThatTheNewestIsOlderThanWhatWasSeen) {
  const test::TempFolder folder;
  MemoryBackend backend;
  Store store(backend, OpenStore::CreateIfEmpty);
  const SeenFile seen(folder / "run/seen.json");
  const std::vector<ManifestKey> none, older{{"run", 4, 1}, {"run", 9, 1}}, same{{"run", 5, 2}}, newer{{"run", 6, 2}};
  EXPECT_EQ(seen.trouble(store, none), "");
  seen.remember(store, snapshot(5, 2));
  EXPECT_EQ(seen.trouble(store, same), "");
  EXPECT_EQ(seen.trouble(store, newer), "");
  EXPECT_THAT(seen.trouble(store, older), HasSubstr("snapshot 5 of generation 2"));
  EXPECT_THAT(seen.trouble(store, older), HasSubstr("is snapshot 9 of generation 1"));
  EXPECT_THAT(seen.trouble(store, none), HasSubstr("is none"));
  MemoryBackend another;
  Store fresh(another, OpenStore::CreateIfEmpty);
  EXPECT_EQ(seen.trouble(fresh, none), "");  // somebody began anew
  test::write_text(folder / "run/seen.json", "{");
  EXPECT_THAT(seen.trouble(store, same), HasSubstr("would not be noticed"));
}

TEST(SeenFile, RefusesExchangedKeys) {
  const test::TempFolder folder;
  MemoryBackend mine, forged;
  Store store(mine, OpenStore::CreateIfEmpty, {}, test::sealing_with(test::key_file(folder.path(), "mine")));
  const SeenFile seen(folder / "seen.json");
  seen.remember(store, snapshot(1, 1));
  const std::vector<ManifestKey> same{{"run", 1, 1}};
  EXPECT_EQ(seen.trouble(store, same), "");
  Store other(forged, OpenStore::CreateIfEmpty, store.uuid(), test::sealing_with(folder / "mine"));
  EXPECT_THROW(seen.trouble(other, same), Error);
  MemoryBackend open;
  Store unsealed(open, OpenStore::CreateIfEmpty, store.uuid());
  EXPECT_THROW(seen.trouble(unsealed, same), Error);
}

TEST(SeenFile, RemembersNothingWithoutAPlace) {
  MemoryBackend backend;
  Store store(backend, OpenStore::CreateIfEmpty);
  const SeenFile seen({});
  seen.remember(store, snapshot(5, 2));
  EXPECT_EQ(seen.trouble(store, {}), "");
}

}  // namespace
}  // namespace cairn
