// Runs that begin at a snapshot of another.
#include "checkpoint/pipeline/branch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/pipeline/maintain.h"
#include "checkpoint/pipeline/tree_encoder.h"
#include "store/lease.h"
#include "store/marks.h"
#include "support/backends.h"
#include "support/trees.h"

namespace cairn {
namespace {

class Branch : public testing::Test {
 protected:
  test::MemoryBackend backend_;
  Store store_{backend_, OpenStore::CreateIfEmpty};
  const Clock::time_point now_{std::chrono::hours(24 * 365 * 50)};

  void SetUp() override {
    for (int64_t sequence = 1; sequence <= 2; ++sequence) publish("trunk", sequence);
  }
  void publish(const std::string& run, int64_t sequence) {
    Slot slot;
    for (int i = 0; i < 100; ++i)
      test::add(slot, cat("state/model/w", i), test::normal(1000, static_cast<uint64_t>(100 * sequence + i)));
    const auto leaves = slot.leaves();
    const WrittenTree written = write_tree(store_, leaves, {});
    Manifest manifest;
    manifest.info.run = run;
    manifest.info.sequence = sequence;
    manifest.info.generation = manifest.info.generation_start = 1;
    manifest.info.cut.iteration = 10 * sequence;
    manifest.info.cut.reason = "iterations";
    written.describe_in(manifest);
    ASSERT_TRUE(store_.publish(manifest, written.packs));
  }
  uint64_t stored_bytes() {
    uint64_t bytes = 0;
    for (const auto& [key, content] : backend_.copy()) bytes += content.size();
    return bytes;
  }
  SnapshotInfo read(const ManifestKey& key) { return store_.read_manifest(key)->manifest.info; }
};

TEST_F(Branch, NamesTheSameBlocksInAFewBytes) {
  const uint64_t before = stored_bytes();
  const SnapshotInfo parent = read({"trunk", 1, 1});
  const SnapshotInfo begun = branch_snapshot(store_, {"trunk", 1, 1}, "twig-2", now_);
  EXPECT_LT(stored_bytes() - before, 4096u);
  EXPECT_EQ(begun.parent, parent.id);
  EXPECT_EQ(begun.digest, parent.digest);
  EXPECT_EQ(begun.cut.reason, "branch");
  EXPECT_EQ(begun.cut.iteration, 10);
  ASSERT_EQ(store_.manifests("twig-2").size(), 1u);
  const auto a = store_.read_manifest({"trunk", 1, 1}), b = store_.read_manifest(store_.manifests("twig-2")[0]);
  EXPECT_EQ(b->manifest.info.id, begun.id);
  EXPECT_TRUE(diff_snapshots(store_, *a, *b, 1).empty());
}

TEST_F(Branch, WritesItsManifestAndItsMarkAndNoMore) {
  std::set<std::string> before, after;
  for (const auto& [key, bytes] : backend_.copy()) before.insert(key);
  branch_snapshot(store_, {"trunk", 1, 1}, "twig", now_);
  for (const auto& [key, bytes] : backend_.copy()) {
    if (!before.contains(key)) after.insert(key.substr(0, key.find('/')));
  }
  EXPECT_EQ(backend_.copy().size(), before.size() + 2);
  EXPECT_THAT(after, testing::ElementsAre("marks", "snapshots"));
}

TEST_F(Branch, IsNoRunThatSomebodyIsAboutToWrite) {
  LeaseOwner init = LeaseOwner::of(1);  // alive for as long as this machine is
  WriterLease lease = WriterLease::claim(store_, "twig", init);
  EXPECT_THROW(branch_snapshot(store_, {"trunk", 1, 1}, "twig", now_), Error);
  EXPECT_TRUE(store_.manifests("twig").empty());
  lease.release();
  EXPECT_GT(branch_snapshot(store_, {"trunk", 1, 1}, "twig", now_).generation, lease.generation());
}

TEST_F(Branch, StaysWholeWhenItsTrunkIsForgotten) {
  branch_snapshot(store_, {"trunk", 1, 1}, "twig", now_);
  for (const ManifestKey& key : store_.manifests("trunk")) store_.remove_manifest(key);
  collect(store_, std::chrono::seconds(0), now_, DryRun::No);
  EXPECT_FALSE(collect(store_, std::chrono::seconds(0), now_ + std::chrono::hours(1), DryRun::No).removed.empty());
  Store reader(backend_, OpenStore::MustExist);
  EXPECT_EQ(verify_snapshots(reader, "twig", std::chrono::hours(1), 1).good.size(), 1u);
}

TEST_F(Branch, MarksWhereItBeganForAsLongAsItLives) {
  const SnapshotInfo begun = branch_snapshot(store_, {"trunk", 1, 1}, "twig", now_);
  EXPECT_THAT(marked_snapshots(store_).branched, testing::ElementsAre(begun.parent));
  store_.remove_manifest(store_.manifests("twig")[0]);
  EXPECT_TRUE(marked_snapshots(store_).branched.empty());
}

TEST_F(Branch, RefusesARunThatExistsAndASnapshotThatDoesNot) {
  const auto before = backend_.copy().size();
  const auto code = [&](const ManifestKey& from, const std::string& run) {
    try {
      branch_snapshot(store_, from, run, now_);
    } catch (const Error& error) {
      return error.code();
    }
    return Code::Internal;
  };
  EXPECT_EQ(code({"trunk", 1, 1}, "trunk"), Code::AlreadyExists);
  EXPECT_EQ(code({"trunk", 7, 1}, "twig"), Code::NotFound);
  EXPECT_EQ(code({"trunk", 1, 1}, "no/name"), Code::InvalidArgument);
  EXPECT_EQ(backend_.copy().size(), before);
}

}  // namespace
}  // namespace cairn
