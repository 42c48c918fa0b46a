// The background pipeline over a store in memory: slots, errors, bases, policy, leases.
#include "framework/checkpoint/pipeline/save_pipeline_fixture.h"

#include <sys/wait.h>
#include <unistd.h>

#include "checkpoint/pipeline/maintain.h"
#include "store/marks.h"
#include "support/address_space.h"

namespace cairn::test {
namespace {

TEST_F(SavePipelineTest, SkipsWhenAllSlotsAreInUseAndNeverWaits) {
  const auto pipeline = open();
  gate_.set(false);
  queue(*pipeline, 1);
  queue(*pipeline, 2);
  queue(*pipeline, 3);
  EXPECT_EQ(pipeline->take(false), nullptr);
  gate_.set(true);
  pipeline->flush();
  EXPECT_THAT(iterations(store_), testing::ElementsAre(1, 2, 3));
  SavePipeline::Place* place = pipeline->take(false);
  ASSERT_NE(place, nullptr);
  pipeline->give_back(*place);
  expect_all_readable(memory_);
}

TEST_F(SavePipelineTest, FinishesWhatIsQueuedBeforeItEnds) {
  {
    const auto pipeline = open();
    gate_.set(false);
    queue(*pipeline, 1);
    queue(*pipeline, 2);
    gate_.await_writer();
    gate_.set(true);
  }
  EXPECT_THAT(iterations(store_), testing::ElementsAre(1, 2));
}

TEST_F(SavePipelineTest, GoesOnAfterAnErrorInTheBackground) {
  const auto pipeline = open();
  save(*pipeline, 1);
  gate_.set(true, true);
  const auto failed = save(*pipeline, 2);
  ASSERT_TRUE(failed.error);
  EXPECT_EQ(failed.error->code(), Code::ResourceExhausted);
  EXPECT_EQ(pipeline->skipped(), 1);
  gate_.set(true);
  EXPECT_TRUE(save(*pipeline, 3).snapshot);
  EXPECT_TRUE(save(*pipeline, 4).snapshot);
  EXPECT_THAT(iterations(store_), testing::ElementsAre(1, 3, 4));
  expect_all_readable(memory_);
}

TEST_F(SavePipelineTest, WhateverIsWrongWithAStoreMayPass) {
  const auto pipeline = open();
  save(*pipeline, 1);
  int64_t iteration = 1;
  for (const Code code : {Code::FailedPrecondition, Code::InvalidArgument, Code::PermissionDenied, Code::NotFound}) {
    gate_.code = code;
    gate_.set(true, true);
    const auto failed = save(*pipeline, ++iteration);
    ASSERT_TRUE(failed.error);
    EXPECT_EQ(failed.error->code(), code);
    EXPECT_FALSE(failed.final);
    gate_.set(true);
    EXPECT_TRUE(save(*pipeline, ++iteration).snapshot) << name_of(code);
  }
  expect_all_readable(memory_);
}

// What goes on for longer than a lease lasts is no reason to take the run over.
TEST_F(SavePipelineTest, RenewsItsLeaseWhileASaveIsUnderWay) {
  renew_every_ = std::chrono::milliseconds(1);
  const auto pipeline = open();
  gate_.set(false);
  const auto job = queue(*pipeline, 1);
  gate_.await_writer();
  EXPECT_TRUE(gate_.await_leases(3, std::chrono::seconds(20)));
  gate_.set(true);
  EXPECT_TRUE(pipeline->wait(job).snapshot);
}

TEST_F(SavePipelineTest, ForgetsNothingBeforeTheNewestWasReadBack) {
  keep_.last = 1;
  const auto pipeline = open();
  save(*pipeline, 1);
  gate_.lost_manifests = true;
  save(*pipeline, 2);
  EXPECT_EQ(lines_.with("cannot be read back; no older one is forgotten").size(), 1u);
  gate_.lost_manifests = false;
  EXPECT_THAT(iterations(store_), testing::ElementsAre(1, 2));
  save(*pipeline, 3);
  EXPECT_THAT(iterations(store_), testing::ElementsAre(3));
}

// In a process of its own, which runs out of memory once a snapshot is published.
TEST(SavePipelineMemory, ASnapshotStandsWhenThereIsNoneForTheNext) {
  if (!kAddressSpaceMayEnd) GTEST_SKIP() << "with a sanitizer";
  EXPECT_EXIT(
      {
        MemoryBackend memory;
        Store store(memory, OpenStore::CreateIfEmpty);
        SavePipeline::Options options;
        options.run = "run";
        options.store = &store;
        options.clock = [] { return Clock::now(); };
        options.published = [](const SnapshotInfo&) { leave_address_space(4u << 20); };
        Lines lines;
        options.log = &lines;
        SavePipeline pipeline(std::move(options));
        SavePipeline::Place* place = pipeline.take(true);
        add(pipeline.slot(*place), "state/model/w", Floats(8u << 20, 1.0f));
        const bool there = pipeline.wait(pipeline.submit(*place, {}, {}, 0)).snapshot.has_value();
        pipeline.flush();
        _exit(there && !lines.with("no memory is kept ready").empty() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(SavePipelineTest, StoresOneStepInAFractionOfTheState) {
  const auto pipeline = open();
  const uint64_t full = save(*pipeline, 1).stats.stored_bytes;
  const SaveStats step = save(*pipeline, 2).stats;
  // The weights follow from the momentum, which is the only news.
  EXPECT_LT(step.stored_bytes, full / 2);
  EXPECT_EQ(step.depth, 2);
  expect_all_readable(memory_);
}

TEST_F(SavePipelineTest, KeepsChainsBelowTheirDepth) {
  const auto pipeline = open();
  uint16_t deepest = 0;
  for (int64_t i = 1; i <= 40; ++i) deepest = std::max(deepest, save(*pipeline, i).stats.depth);
  EXPECT_LE(deepest, kDefaultDepth);
  EXPECT_GE(deepest, kDefaultDepth - 2);
  expect_all_readable(memory_);
}

TEST_F(SavePipelineTest, TakesNoNewMemoryAfterTheFirstSnapshots) {
  const auto pipeline = open();
  save(*pipeline, 1);
  const uint64_t bytes = pipeline->slot_bytes();
  for (int64_t i = 2; i <= 10; ++i) save(*pipeline, i);
  EXPECT_EQ(pipeline->slot_bytes(), bytes);
}

TEST_F(SavePipelineTest, ForgetsAndFreesByItsPolicy) {
  keep_.last = 2;
  keep_.every_iterations = 10;
  const auto pipeline = open();
  for (int64_t i = 1; i <= 60; ++i) save(*pipeline, i);
  EXPECT_THAT(iterations(store_), testing::ElementsAre(10, 20, 30, 40, 50, 59, 60));
  expect_all_readable(memory_);
  // What the kept ones need, and what waits for the next sweep; the transient ones between are gone.
  EXPECT_LT(packs(), 25u);
}

TEST_F(SavePipelineTest, EncodesLastingSnapshotsAgainstLastingOnes) {
  keep_.last = 1;
  keep_.every_iterations = 10;
  const auto pipeline = open();
  for (int64_t i = 1; i <= 39; ++i) save(*pipeline, i);
  Store reader(memory_, OpenStore::MustExist);
  for (const ManifestKey& key : reader.manifests("run")) {
    const auto stored = reader.read_manifest(key);
    const int64_t iteration = stored->manifest.info.cut.iteration;
    if (iteration % 10 != 0) continue;
    EXPECT_LE(stored->packs.size(), static_cast<size_t>(iteration / 10)) << iteration;
  }
  expect_all_readable(memory_);
}

TEST_F(SavePipelineTest, EncodesNothingThatStaysAgainstOneThatOnlyMightHave) {
  keep_.last = 1;
  keep_.every_iterations = 10;
  keep_.best = {{"map50_95", KeepPolicy::Best::Mode::Max, 1}};
  const auto pipeline = open();
  for (int64_t i = 1; i <= 39; ++i) {
    std::map<std::string, double> worse_and_worse;
    if (i % 3 == 0) worse_and_worse["map50_95"] = 1.0 / static_cast<double>(i);
    save(*pipeline, i, worse_and_worse);
  }
  Store reader(memory_, OpenStore::MustExist);
  EXPECT_THAT(iterations(reader), testing::ElementsAre(3, 10, 20, 30, 39));
  const auto stored = reader.read_manifest(reader.manifests("run").at(3));
  EXPECT_LE(stored->packs.size(), 3u) << "10, 20 and 30; not those with worse figures between";
  expect_all_readable(memory_);
}

TEST_F(SavePipelineTest, KeepsTaggedSnapshots) {
  keep_.last = 1;
  const auto pipeline = open();
  const auto tagged = save(*pipeline, 1).snapshot;
  add_mark(store_, {tagged->id, "tag", "good", "", ""});
  for (int64_t i = 2; i <= 5; ++i) save(*pipeline, i);
  EXPECT_THAT(iterations(store_), testing::ElementsAre(1, 5));
  EXPECT_EQ(remove_marks(store_, tagged->id, "tag", "good"), 1);
  save(*pipeline, 6);
  EXPECT_THAT(iterations(store_), testing::ElementsAre(6));
}

TEST_F(SavePipelineTest, AReasonForNoSnapshotIsSaidOnce) {
  const auto pipeline = open();
  gate_.set(true, true);
  for (int64_t i = 1; i <= 3; ++i) EXPECT_TRUE(save(*pipeline, i).error);
  EXPECT_EQ(lines_.with("the disk is full").size(), 1u);
  EXPECT_EQ(pipeline->skipped(), 3);
  gate_.set(true);
  EXPECT_TRUE(save(*pipeline, 4).snapshot);
  EXPECT_EQ(lines_.with("2 more were left out").size(), 1u);
  gate_.set(true, true);
  save(*pipeline, 5);
  EXPECT_EQ(lines_.with("the disk is full").size(), 2u);
}

TEST_F(SavePipelineTest, AStoreThatDeletesNothingIsSaidOnceAndKeepsAll) {
  keep_.last = 1;
  gate_.no_removal = true;
  const auto pipeline = open();
  for (int64_t i = 1; i <= 4; ++i) EXPECT_TRUE(save(*pipeline, i).snapshot);
  EXPECT_THAT(iterations(store_), testing::ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(lines_.with("must not delete").size(), 1u);
  gate_.no_removal = false;
  save(*pipeline, 5);
  EXPECT_THAT(iterations(store_), testing::ElementsAre(5));
}

TEST_F(SavePipelineTest, AStoreThatDeletesNothingIsCheckedAgainAndAgain) {
  save(*open(), 1);
  gate_.no_removal = true;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(verify_snapshots(store_, "run", std::chrono::hours(1), 1).good.size(), 1u);
}

TEST_F(SavePipelineTest, SaysWhatASnapshotCostsInTheBackground) {
  const auto pipeline = open();
  EXPECT_EQ(pipeline->work_seconds(), 0);
  save(*pipeline, 1);
  EXPECT_GT(pipeline->work_seconds(), 0);
  EXPECT_LT(pipeline->work_seconds(), 10);
}

TEST_F(SavePipelineTest, RefusesALiveOwnerAndNamesHim) {
  // A child that waits is alive; when it has gone, its lease is taken over.
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    char byte = 0;
    close(pipe_ends[1]);
    const ssize_t got = read(pipe_ends[0], &byte, 1);
    _exit(got == 0 ? 0 : 1);
  }
  close(pipe_ends[0]);
  {
    const LeaseOwner other = LeaseOwner::of(child);
    WriterLease::claim(store_, "run", other);
  }
  try {
    open()->claim();
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::FailedPrecondition);
    EXPECT_THAT(error.message(), testing::HasSubstr(std::to_string(child)));
  }
  close(pipe_ends[1]);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(save(*open(), 1).snapshot);
}

TEST_F(SavePipelineTest, StopsASleeperThatWasOvertaken) {
  const auto sleeper = open();
  save(*sleeper, 1);
  const auto other = open();
  other->continue_from(*save(*sleeper, 2).snapshot);
  save(*other, 3);
  const auto late = save(*sleeper, 3);
  ASSERT_TRUE(late.error);
  EXPECT_EQ(late.error->code(), Code::FailedPrecondition);
  EXPECT_THROW(sleeper->take(false), Error);
  EXPECT_THAT(iterations(store_), testing::ElementsAre(1, 2, 3));
}

TEST_F(SavePipelineTest, AStateThatNamesAPathTwiceEndsTheRun) {
  const auto pipeline = open();
  save(*pipeline, 1);
  SavePipeline::Place* place = pipeline->take(true);
  for (int i = 0; i < 2; ++i) add(pipeline->slot(*place), "state/model/w", weights(2));
  const auto outcome = pipeline->wait(pipeline->submit(*place, {}, {}, 0));
  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->message(), testing::HasSubstr("path 'state/model/w' is written twice"));
  EXPECT_THROW(pipeline->take(false), Error);
  EXPECT_THAT(iterations(store_), testing::ElementsAre(1));
}

TEST_F(SavePipelineTest, ReadsAListOfCandidatesOnce) {
  const auto pipeline = open();
  save(*pipeline, 1);
  condemn(store_, {sha256("elsewhere")}, now_);
  for (int64_t i = 2; i <= 5; ++i) save(*pipeline, i);
  EXPECT_EQ(gate_.lists_read, 1);
  condemn(store_, store_.packs(), now_);
  EXPECT_EQ(save(*pipeline, 6).stats.depth, 0) << "what was named since counts as well";
}

TEST_F(SavePipelineTest, ADamagedListOfCandidatesStopsNoSave) {
  const auto pipeline = open();
  save(*pipeline, 1);
  EXPECT_GT(save(*pipeline, 2).stats.depth, 0);
  condemn(store_, store_.packs(), now_);
  const std::string list = store_.keys("gc/").at(0);
  memory_.set(list, Bytes(10));
  const auto third = save(*pipeline, 3);
  ASSERT_TRUE(third.snapshot);
  EXPECT_EQ(third.stats.depth, 0) << "it counts on nothing that the list may name";
  EXPECT_GT(save(*pipeline, 4).stats.depth, 0);
  EXPECT_EQ(lines_.with(list + " in the memory is damaged").size(), 1u);
  EXPECT_THROW(collect(store_, std::chrono::seconds(0), now_, DryRun::No), Error);
  memory_.remove(list);
  EXPECT_TRUE(save(*pipeline, 5).snapshot);
  expect_all_readable(memory_);
}

TEST_F(SavePipelineTest, NoListOfCandidatesHasTheNameOfAnother) {
  condemn(store_, {sha256("a")}, now_);
  const std::string first = store_.keys("gc/").at(0);
  CondemnedLists lists(store_);
  lists.look();
  lists.tidy();
  EXPECT_TRUE(store_.keys("gc/").empty());
  condemn(store_, {sha256("b")}, now_);
  EXPECT_NE(store_.keys("gc/").at(0), first);
}

TEST_F(SavePipelineTest, NeverReusesBlocksOfCondemnedPacks) {
  const auto pipeline = open();
  save(*pipeline, 1);
  std::vector<Hash> all = store_.packs();
  condemn(store_, all, now_);
  RunCollector collector(store_, std::chrono::seconds(0));
  collector.refresh(false);
  EXPECT_TRUE(collector.condemned(all[0]));
  Slot slot;
  add(slot, "state/model/w", weights(1));
  EncodeSettings settings;
  settings.unusable = [&](const Store::Place& place) { return collector.condemned(place.pack); };
  const WrittenTree again = write_tree(store_, slot.leaves(), settings);
  EXPECT_EQ(again.stats.blocks_reused, 0);
}

}  // namespace
}  // namespace cairn::test
