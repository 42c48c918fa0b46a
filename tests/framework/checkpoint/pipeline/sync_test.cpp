#include "checkpoint/pipeline/sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/error.h>

#include "checkpoint/pipeline/maintain.h"
#include "checkpoint/pipeline/slot.h"
#include "checkpoint/pipeline/tree_encoder.h"
#include "store/marks.h"
#include "support/backends.h"
#include "support/trees.h"

namespace cairn {
namespace {

using test::MemoryBackend;

class SyncTest : public testing::Test {
 protected:
  MemoryBackend here_, there_;
  Store from_{here_, OpenStore::CreateIfEmpty};
  Slot slot_;
  std::vector<std::string> said_;

  std::string write(Store& store, const std::string& run, int64_t sequence, uint64_t seed) {
    slot_.clear();
    test::add(slot_, "state/w", test::normal(5000, seed));
    const auto leaves = slot_.leaves();
    const WrittenTree written =
        write_tree(store, leaves, {.threads = 1, .base = {}, .predictions = {}, .unusable = {}});
    Manifest manifest;
    manifest.info.run = run;
    manifest.info.sequence = sequence;
    manifest.info.generation = manifest.info.generation_start = 1;
    written.describe_in(manifest);
    EXPECT_TRUE(store.publish(manifest, written.packs));
    return manifest.info.id;
  }
  Synced sync(Store& to, const std::string& run = {}) {
    return sync_stores(from_, to, run, [&](std::string_view line) { said_.emplace_back(line); });
  }
};

TEST_F(SyncTest, BringsAMirrorWhatItLacksAndNothingElse) {
  const std::string first = write(from_, "a", 1, 1);
  const auto mirror = Store::mirror(there_, from_);
  EXPECT_EQ(sync(*mirror).snapshots, 1u);
  write(from_, "a", 2, 2);
  write(from_, "b", 1, 3);
  add_mark(from_, {first, "tag", "good", "", ""});
  add_mark(from_, {first, "tag", "gone", "", ""});
  remove_marks(from_, first, "tag", "gone");
  const Synced one = sync(*mirror, "b");
  EXPECT_EQ(one.snapshots, 1u);
  const Synced rest = sync(*mirror);
  EXPECT_EQ(rest.snapshots, 1u);
  EXPECT_EQ(rest.there, 2u);
  EXPECT_EQ(rest.packs, 1u);
  EXPECT_EQ(there_.copy(), here_.copy());
  EXPECT_EQ(said_.size(), 3u);
  const Synced again = sync(*mirror);
  EXPECT_EQ(again.snapshots + again.packs + again.marks, 0u);
}

TEST_F(SyncTest, MarksFollowTheirSnapshotsIntoAStoreOfItsOwn) {
  const std::string first = write(from_, "a", 1, 1);
  add_mark(from_, {first, "tag", "good", "", ""});
  add_mark(from_, {first, "note", "text", "", "as in the paper"});
  Store to(there_, OpenStore::CreateIfEmpty);
  EXPECT_EQ(sync(to).marks, 2u);
  const auto copied = to.read_manifest({"a", 1, 1});
  ASSERT_TRUE(copied);
  EXPECT_NE(copied->manifest.info.id, first);
  const auto marks = read_marks(to, copied->manifest.info.id);
  ASSERT_EQ(marks.size(), 2u);
  EXPECT_EQ(marks[0].text + marks[1].text, "as in the paper");
  EXPECT_EQ(sync(to).marks, 0u);
}

TEST_F(SyncTest, AnotherSnapshotOfThatNameIsLeftAsItIs) {
  write(from_, "a", 1, 1);
  Store to(there_, OpenStore::CreateIfEmpty);
  write(to, "a", 1, 2);
  const auto before = there_.copy();
  try {
    sync(to);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::FailedPrecondition);
    EXPECT_THAT(error.message(), testing::HasSubstr("another snapshot"));
  }
  EXPECT_EQ(there_.copy(), before);
}

}  // namespace
}  // namespace cairn
