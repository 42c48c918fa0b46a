// Mirrors of the background pipeline: what they receive, and what they keep.
#include "framework/checkpoint/pipeline/save_pipeline_fixture.h"

#include "checkpoint/pipeline/maintain.h"
#include "store/marks.h"

namespace cairn::test {
namespace {

class Mirrors : public SavePipelineTest {};

TEST_F(Mirrors, FeedsMirrorsAndCatchesUp) {
  GateBackend slow(mirror_memory_);
  {
    const auto pipeline = open({&slow});
    slow.set(true, true);
    save(*pipeline, 1);
    pipeline->drain(std::nullopt);
    EXPECT_EQ(pipeline->mirrors()[0].waiting, 1u);
    EXPECT_THAT(pipeline->mirrors()[0].trouble, testing::HasSubstr("the disk is full"));
    slow.set(true);
    save(*pipeline, 2);
    save(*pipeline, 3);
    pipeline->drain(std::nullopt);
    EXPECT_EQ(pipeline->mirrors()[0].waiting, 0u);
    EXPECT_EQ(pipeline->mirrors()[0].trouble, "");
  }
  EXPECT_THAT(iterations(*mirror()), testing::ElementsAre(1, 2, 3));
  expect_all_readable(mirror_memory_);
}

TEST_F(Mirrors, AMirrorForgetsByItsOwnPolicy) {
  keep_.last = 2;
  mirror_keep_.every_iterations = 3;
  const auto pipeline = open({&mirror_memory_});
  for (int64_t i = 1; i <= 10; ++i) {
    save(*pipeline, i);
    pipeline->drain(std::nullopt);
  }
  EXPECT_THAT(iterations(store_), testing::ElementsAre(9, 10));
  EXPECT_THAT(iterations(*mirror()), testing::ElementsAre(3, 6, 9, 10));
  EXPECT_EQ(verify_snapshots(*mirror(), "run", std::chrono::hours(1), 1).good.size(), 4u);
}

TEST_F(Mirrors, AMirrorIsNotSentWhatItWouldForgetNorWhatItForgot) {
  mirror_keep_.last = 2;
  GateBackend away(mirror_memory_);
  const auto packs_of_mirror = [&] { return mirror()->packs().size(); };
  {
    const auto pipeline = open({&away});
    for (int64_t i = 1; i <= 3; ++i) {
      save(*pipeline, i);
      pipeline->drain(std::nullopt);
    }
    EXPECT_THAT(iterations(*mirror()), testing::ElementsAre(2, 3));
    away.set(true, true);
    for (int64_t i = 4; i <= 9; ++i) save(*pipeline, i);
    away.await_failures(2);  // the second knows of all of them
    away.set(true);
    pipeline->drain(std::nullopt);
    EXPECT_EQ(pipeline->mirrors()[0].waiting, 0u);
    EXPECT_THAT(iterations(*mirror()), testing::ElementsAre(8, 9));
    EXPECT_EQ(pipeline->mirrors()[0].received, 5);
  }
  const size_t before = packs_of_mirror();
  const auto pipeline = open({&away});
  pipeline->drain(std::nullopt);
  EXPECT_EQ(pipeline->mirrors()[0].received, 0);
  EXPECT_THAT(iterations(*mirror()), testing::ElementsAre(8, 9));
  EXPECT_EQ(packs_of_mirror(), before);
  EXPECT_EQ(iterations(store_).size(), 9u);
  for (const ManifestKey& key : store_.manifests("run")) {
    if (key.sequence < 7) store_.remove_manifest(key);
  }
  const auto again = open({&away});  // one alone is lacking
  again->drain(std::nullopt);
  EXPECT_EQ(again->mirrors()[0].received, 0);
}

TEST_F(Mirrors, ATagInTheFirstStoreHoldsInTheMirror) {
  mirror_keep_.last = 1;
  const auto pipeline = open({&mirror_memory_});
  const auto first = save(*pipeline, 1);
  add_mark(store_, {first.snapshot->id, "tag", "good", "", ""});
  for (int64_t i = 2; i <= 4; ++i) {
    save(*pipeline, i);
    pipeline->drain(std::nullopt);
  }
  EXPECT_THAT(iterations(*mirror()), testing::ElementsAre(1, 4));
}

TEST_F(Mirrors, MarksFollowTheirSnapshotsButNotWhatWasCheckedHere) {
  const auto pipeline = open({&mirror_memory_});
  const std::string id = save(*pipeline, 1).snapshot->id;
  pipeline->drain(std::nullopt);
  add_mark(store_, {id, "tag", "good", "", ""});
  verify_snapshots(store_, "run", std::chrono::hours(1), 1);
  save(*pipeline, 2);
  pipeline->drain(std::nullopt);
  const auto there = [&] {
    std::vector<std::string> found;
    for (const Mark& mark : read_marks(*mirror())) found.push_back(mark.kind + " " + mark.name);
    return found;
  };
  EXPECT_THAT(there(), testing::ElementsAre("tag good"));
  remove_marks(store_, id, "tag", "good");
  save(*pipeline, 3);
  pipeline->drain(std::nullopt);
  EXPECT_TRUE(there().empty());
}

TEST_F(Mirrors, MarksOfAnEarlierProcessAreSentAtTheStart) {
  {
    const auto pipeline = open({&mirror_memory_});
    const std::string id = save(*pipeline, 1).snapshot->id;
    pipeline->drain(std::nullopt);
    add_mark(store_, {id, "tag", "good", "", ""});
  }
  open({&mirror_memory_})->drain(std::nullopt);
  EXPECT_EQ(mirror()->keys("marks/"), store_.keys("marks/"));
}

TEST_F(Mirrors, SendsWhatAnEarlierProcessDidNotGetDone) {
  GateBackend away(mirror_memory_);
  away.set(true, true);
  {
    const auto pipeline = open({&away});
    save(*pipeline, 1);
    save(*pipeline, 2);
  }
  away.set(true);
  open({&away})->drain(std::nullopt);
  EXPECT_THAT(iterations(*mirror()), testing::ElementsAre(1, 2));
}

TEST_F(Mirrors, TroubleWithBothStoresAtOnceEndsNothing) {
  GateBackend away(mirror_memory_);
  const auto pipeline = open({&away});
  pipeline->drain(std::nullopt);
  away.code = Code::NotFound;
  away.set(true, true);
  gate_.no_stat = true;
  EXPECT_TRUE(save(*pipeline, 1).snapshot);
  pipeline->drain(std::nullopt);
  EXPECT_EQ(pipeline->mirrors()[0].waiting, 1u);
  gate_.no_stat = false;
  away.set(true);
  pipeline->drain(std::nullopt);
  EXPECT_THAT(iterations(*mirror()), testing::ElementsAre(1));
}

TEST_F(Mirrors, DoesNotWaitForAMirror) {
  GateBackend stuck(mirror_memory_);
  stuck.set(false);
  const auto pipeline = open({&stuck});
  for (int64_t i = 1; i <= 5; ++i) save(*pipeline, i);
  EXPECT_THAT(iterations(store_), testing::ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(pipeline->mirrors()[0].waiting, 5u);
  stuck.await_writer();
  EXPECT_TRUE(pipeline->mirrors()[0].sending);
  pipeline->drain(std::chrono::steady_clock::now() + std::chrono::milliseconds(20));
  EXPECT_EQ(pipeline->mirrors()[0].waiting, 5u);
  stuck.set(true);
}

TEST_F(Mirrors, KeepsWhatARequiredMirrorHasNotReceived) {
  keep_.last = 1;
  GateBackend broken(mirror_memory_);
  broken.set(true, true);
  const auto pipeline = open({&broken});
  for (int64_t i = 1; i <= 3; ++i) save(*pipeline, i);
  EXPECT_THAT(iterations(store_), testing::Contains(1));
  broken.set(true);
  save(*pipeline, 4);
  pipeline->drain(std::nullopt);
  save(*pipeline, 5);
  EXPECT_THAT(iterations(store_), testing::Not(testing::Contains(1)));
  pipeline->drain(std::nullopt);
  EXPECT_THAT(iterations(*mirror()), testing::ElementsAre(1, 2, 3, 4, 5));
}

}  // namespace
}  // namespace cairn::test
