// What people do with the snapshots of a store, on every place where a store may lie.
#include "stores/store_on_place.h"

#include <algorithm>

#include "checkpoint/pipeline/branch.h"
#include "store/marks.h"

namespace cairn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Snapshots : public StoreOnPlace {};

TEST_P(Snapshots, EverySnapshotOfAChainIsReadElsewhere) {
  save_all(*first(), 1, 5);
  const auto other = machine("other");
  EXPECT_THAT(iterations(*other), ElementsAre(1, 2, 3, 4, 5));
  expect_whole(*other);
}

TEST_P(Snapshots, WhatAPolicyKeepsIsWhole) {
  KeepPolicy keep;
  keep.last = 2;
  save_all(*first(), 1, 7, keep);
  const auto other = machine("other");
  EXPECT_THAT(iterations(*other), ElementsAre(6, 7));
  expect_whole(*other);
}

TEST_P(Snapshots, APolicyKeepsEverySoManyIterations) {
  KeepPolicy keep;
  keep.last = 1;
  keep.every_iterations = 3;
  save_all(*first(), 1, 7, keep);
  const auto other = machine("other");
  EXPECT_THAT(iterations(*other), ElementsAre(3, 6, 7));
  expect_whole(*other);
}

TEST_P(Snapshots, ATaggedSnapshotStaysUntilTheTagIsTakenBack) {
  KeepPolicy keep;
  keep.last = 1;
  const auto here = first();
  const auto all = pipeline(*here, keep);
  const auto tagged = save(*all, 1);
  add_mark(*here, {tagged.snapshot->id, "tag", "good", "", ""});
  for (int64_t i = 2; i <= 4; ++i) save(*all, i);
  const auto other = machine("other");
  EXPECT_THAT(iterations(*other), ElementsAre(1, 4));
  EXPECT_EQ(read_marks(*other).at(0).name, "good");
  expect_whole(*other);
  EXPECT_EQ(remove_marks(*here, tagged.snapshot->id, "tag", "good"), 1);
  save(*all, 5);
  EXPECT_THAT(iterations(*machine("third")), ElementsAre(5));
}

TEST_P(Snapshots, ANoteIsReadElsewhere) {
  const auto here = first();
  const auto saved = save(*pipeline(*here), 1);
  add_mark(*here, {saved.snapshot->id, "note", "text", "", "as in the paper"});
  const auto notes = read_marks(*machine("other"), saved.snapshot->id);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].text, "as in the paper");
}

TEST_P(Snapshots, ABranchIsASnapshotWithoutAPackOfItsOwn) {
  const auto here = first();
  save_all(*here, 1, 2);
  const size_t packs = here->packs().size();
  const auto keys = here->manifests("run");
  branch_snapshot(*here, keys[0], "twig", Clock::now());
  const auto other = machine("other");
  EXPECT_EQ(other->packs().size(), packs);
  ASSERT_EQ(other->manifests("twig").size(), 1u);
  EXPECT_EQ(contents_of(*other, other->manifests("twig")[0]), contents_at(1));
}

TEST_P(Snapshots, ABranchOutlivesItsTrunk) {
  const auto here = first();
  save_all(*here, 1, 3);
  const auto keys = here->manifests("run");
  branch_snapshot(*here, keys[1], "twig", Clock::now());
  for (const ManifestKey& key : keys) here->remove_manifest(key);
  collect_all(*here);
  const auto other = machine("other");
  EXPECT_EQ(other->runs(), std::vector<std::string>{"twig"});
  EXPECT_EQ(contents_of(*other, other->manifests("twig")[0]), contents_at(2));
}

TEST_P(Snapshots, ASquashedSnapshotNeedsNoOther) {
  const auto here = first();
  save_all(*here, 1, 4);
  const auto keys = here->manifests("run");
  const size_t before = here->packs().size();
  EXPECT_GT(squash_snapshot(*here, keys[3], 1, DryRun::No).depth_before, 0);
  for (size_t i = 0; i < 3; ++i) here->remove_manifest(keys[i]);
  collect_all(*here);
  const auto other = machine("other");
  EXPECT_LT(other->packs().size(), before);
  EXPECT_EQ(contents_of(*other, keys[3]), contents_at(4));
}

TEST_P(Snapshots, ACollectionTakesTwoStepsAndAGracePeriod) {
  const auto here = first();
  save_all(*here, 1, 2);
  const auto keys = here->manifests("run");
  squash_snapshot(*here, keys[1], 1, DryRun::No);
  here->remove_manifest(keys[0]);
  const size_t before = here->packs().size();
  const Clock::time_point now = Clock::now();
  const auto hour = std::chrono::hours(1);
  EXPECT_FALSE(collect(*here, hour, now, DryRun::No).condemned.empty());
  EXPECT_FALSE(collect(*here, hour, now + hour / 2, DryRun::No).waiting.empty());
  EXPECT_EQ(machine("other")->packs().size(), before);
  EXPECT_FALSE(collect(*here, hour, now + 2 * hour, DryRun::No).removed.empty());
  const auto other = machine("third");
  EXPECT_LT(other->packs().size(), before);
  expect_whole(*other);
}

TEST_P(Snapshots, ADryRunRemovesNothing) {
  const auto here = first();
  save_all(*here, 1, 2);
  squash_snapshot(*here, here->manifests("run")[1], 1, DryRun::No);
  here->remove_manifest(here->manifests("run")[0]);
  const auto before = here->keys("");
  EXPECT_FALSE(collect(*here, std::chrono::seconds(0), Clock::now(), DryRun::Yes).condemned.empty());
  EXPECT_EQ(machine("other")->keys("packs/"), here->keys("packs/"));
  EXPECT_EQ(here->keys(""), before);
}

TEST_P(Snapshots, ACollectionRemovesNothingWhileAManifestIsDamaged) {
  const auto here = first();
  save_all(*here, 1, 3);
  const auto keys = here->manifests("run");
  squash_snapshot(*here, keys[2], 1, DryRun::No);
  here->remove_manifest(keys[0]);
  flip_a_bit(*here.backend, keys[1].key());
  const auto before = here->packs();
  const auto other = machine("other");
  EXPECT_EQ(code_of([&] { collect_all(*other); }), Code::DataLoss);
  EXPECT_EQ(machine("third")->packs(), before);
}

TEST_P(Snapshots, ARunThatIsForgottenWhollyLeavesTheOthersWhole) {
  const auto here = first();
  save_all(*here, 1, 2);
  {
    const auto others = pipeline(*here, {}, {}, "kept");
    save(*others, 5);
  }
  for (const ManifestKey& key : here->manifests("run")) here->remove_manifest(key);
  collect_all(*here);
  const auto other = machine("other");
  EXPECT_EQ(other->runs(), std::vector<std::string>{"kept"});
  expect_whole(*other, "kept");
}

TEST_P(Snapshots, TwoRunsShareWhatIsEqual) {
  const auto here = first();
  save_all(*here, 1, 1);
  const auto size = [&] {
    uint64_t bytes = 0;
    for (const std::string& key : here->keys("packs/")) bytes += here.backend->stat(key)->size;
    return bytes;
  };
  const uint64_t before = size();
  save(*pipeline(*here, {}, {}, "same"), 1);
  EXPECT_LT(size() - before, before / 4);
  const auto other = machine("other");
  EXPECT_EQ(contents_of(*other, other->manifests("same")[0]), contents_at(1));
}

TEST_P(Snapshots, DamageIsFoundAndAnOlderSnapshotServes) {
  const auto here = first();
  save_all(*here, 1, 1);
  const auto before = here->packs();
  save_all(*here, 2, 2);
  for (const Hash& pack : here->packs()) {
    if (std::find(before.begin(), before.end(), pack) == before.end()) flip_a_bit(*here.backend, pack_key(pack));
  }
  const auto other = machine("other");
  const auto report = verify_snapshots(*other, "run", std::chrono::hours(1), 1);
  ASSERT_EQ(report.damaged.size(), 1u);
  EXPECT_EQ(report.damaged[0].first, other->manifests("run").back());
  ASSERT_EQ(report.good.size(), 1u);
  EXPECT_EQ(contents_of(*other, other->manifests("run").front()), contents_at(1));
}

TEST_P(Snapshots, ADamagedManifestIsLeftOut) {
  const auto here = first();
  save_all(*here, 1, 2);
  flip_a_bit(*here.backend, here->manifests("run").back().key());
  const auto other = machine("other");
  std::string said;
  const auto infos = read_infos(*other, "run", [&](std::string_view line) { said += line; });
  ASSERT_EQ(infos.size(), 1u);
  EXPECT_EQ(infos[0].cut.iteration, 1);
  EXPECT_THAT(said, HasSubstr(here->manifests("run").back().key()));
}

TEST_P(Snapshots, AMissingPackIsNamed) {
  const auto here = first();
  save_all(*here, 1, 1);
  for (const Hash& pack : here->packs()) here->remove_pack(pack);
  const auto other = machine("other");
  EXPECT_EQ(code_of([&] { contents_of(*other, other->manifests("run")[0]); }), Code::DataLoss);
}

TEST_P(Snapshots, VerifyingGoesOnWhereItStopped) {
  const auto here = first();
  save_all(*here, 1, 3);
  const auto one = verify_snapshots(*machine("other"), "run", std::chrono::seconds(0), 1);
  const auto two = verify_snapshots(*machine("third"), "run", std::chrono::seconds(0), 1);
  ASSERT_EQ(one.good.size() + two.good.size(), 2u);
  EXPECT_NE(one.good[0].id, two.good[0].id);
}

TEST_P(Snapshots, DifferencesOfTwoSnapshotsAreShown) {
  save_all(*first(), 1, 2);
  const auto other = machine("other");
  const auto keys = other->manifests("run");
  const auto a = other->read_manifest(keys[0]), b = other->read_manifest(keys[1]);
  EXPECT_EQ(diff_snapshots(*other, *a, *b, 1).size(), 3u);
  EXPECT_TRUE(diff_snapshots(*other, *a, *a, 1).empty());
}

TEST_P(Snapshots, AnEmptyPlaceIsNoStore) {
  EXPECT_EQ(code_of([&] { machine("first"); }), Code::NotFound);
}

TEST_P(Snapshots, APlaceWithOtherThingsIsRefusedAndLeftAlone) {
  const auto backend = open_backend("first");
  put(*backend, "thesis/chapter-1.tex", as_bytes("It was a dark and stormy night"));
  EXPECT_EQ(code_of([&] { machine("other", OpenStore::CreateIfEmpty); }), Code::FailedPrecondition);
  const auto keys = open_backend("third")->list("", "").keys;
  EXPECT_THAT(keys, ElementsAre("thesis/chapter-1.tex"));
}

INSTANTIATE_TEST_SUITE_P(All, Snapshots, testing::ValuesIn(place_names()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace cairn::test
