// The background pipeline over a store in memory: slots, errors, bases, policy, leases, mirrors.
#include "checkpoint/pipeline/save_pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include "checkpoint/pipeline/maintain.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "store/find_snapshot.h"
#include "store/marks.h"
#include "support/backends.h"
#include "support/trees.h"

namespace cairn {
namespace {

using test::Floats;
using test::MemoryBackend;

// A backend whose writes of packs wait at a gate, or fail.
class GateBackend final : public Backend {
 public:
  explicit GateBackend(Backend& inner) : inner_(inner) {}
  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    if (key.starts_with("packs/")) {
      std::unique_lock lock(mutex_);
      ++waiting_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return open_; });
      --waiting_;
      if (fail_) fail(Code::ResourceExhausted, "the disk is full");
    }
    return inner_.put(key, bytes, mode);
  }
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override { return inner_.get(key, range); }
  Page list(const std::string& prefix, const std::string& from) override { return inner_.list(prefix, from); }
  std::optional<ObjectStat> stat(const std::string& key) override { return inner_.stat(key); }
  void remove(const std::string& key) override { inner_.remove(key); }
  Capabilities capabilities() const override { return inner_.capabilities(); }
  std::string describe() const override { return inner_.describe(); }

  void set(bool open, bool failing = false) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    fail_ = failing;
    changed_.notify_all();
  }
  void await_writer() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }

 private:
  Backend& inner_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool open_ = true, fail_ = false;
  int waiting_ = 0;
};

// Keeps what is said.
class Lines final : public Logger {
 public:
  void write(Level, std::string_view line) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(line);
  }
  std::vector<std::string> with(std::string_view part) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> found;
    for (const std::string& line : lines_) {
      if (line.find(part) != std::string::npos) found.push_back(line);
    }
    return found;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;  // guarded by mutex_
};

constexpr size_t kCount = 20000;

class SavePipelineTest : public testing::Test {
 protected:
  MemoryBackend memory_, mirror_memory_;
  GateBackend gate_{memory_};
  Store store_{gate_, OpenStore::CreateIfEmpty};
  KeepPolicy keep_, mirror_keep_;
  Lines lines_;
  std::chrono::seconds grace_{0};
  Clock::time_point now_{std::chrono::hours(24 * 365 * 50)}, mirror_now_ = now_;

  std::unique_ptr<SavePipeline> open(std::vector<Backend*> mirrors = {}) {
    SavePipeline::Options options;
    options.run = "run";
    options.store = &store_;
    for (Backend* mirror : mirrors) {
      Mirror::Options how;
      how.run = "run";
      how.first_pause = how.longest_pause = std::chrono::milliseconds(1);
      how.keep = mirror_keep_;
      how.grace = grace_;
      how.clock = [this] { return mirror_now_ += std::chrono::seconds(1); };
      options.mirrors.emplace_back(mirror, how);
    }
    options.keep = keep_;
    options.log = &lines_;
    options.threads = 2;
    options.grace = grace_;
    options.clock = [this] { return now_ += std::chrono::seconds(1); };
    return std::make_unique<SavePipeline>(std::move(options));
  }

  std::unique_ptr<Store> mirror() { return std::make_unique<Store>(mirror_memory_, OpenStore::MustExist); }

  // A state that moves by one step of SGD with every iteration.
  static Floats momentum(int64_t iteration) {
    Floats m = test::normal(kCount, 7);
    const Floats news = test::normal(kCount, 100 + static_cast<uint64_t>(iteration));
    for (size_t i = 0; i < kCount; ++i) m[i] += 0.1f * news[i];
    return m;
  }
  static const Floats& weights(int64_t iteration) {
    static std::map<int64_t, Floats> known;
    auto& w = known[iteration];
    if (!w.empty()) return w;
    if (iteration == 0) return w = test::normal(kCount, 1);
    const Floats before = weights(iteration - 1), m = momentum(iteration), old = momentum(iteration - 1);
    w.resize(kCount);
    const std::vector<Numbers> operands{before, m, old};
    predict(Formula::Sgd, operands, std::vector<double>{0.01, 0.9}, w);
    return w;
  }
  static std::vector<Prediction> predictions() {
    using From = PredictionOperand::From;
    return {{"model/w", "sgd/1", {{From::Base, "model/w"}, {From::This, "opt/m"}, {From::Base, "opt/m"}}, {0.01, 0.9}},
            {"model/nowhere", "sgd/1", {{From::Base, "model/w"}, {From::This, "opt/m"}, {From::Base, "opt/m"}}, {1, 1}},
            {"opt/m", "never/1", {}, {}}};
  }

  SavePipeline::Job queue(SavePipeline& to, int64_t iteration, std::map<std::string, double> metrics = {}) {
    SavePipeline::Place* place = to.take(true);
    Slot& slot = to.slot(*place);
    test::add(slot, "state/model/w", weights(iteration));
    test::add(slot, "state/opt/m", momentum(iteration));
    test::add_text(slot, "record/note", std::to_string(iteration));
    CutInfo cut;
    cut.iteration = cut.step = iteration;
    cut.reason = "test";
    cut.metrics = std::move(metrics);
    const auto base = to.base_for(cut);
    const bool one_step = base && base->cut.step + 1 == cut.step;
    return to.submit(*place, cut, one_step ? predictions() : std::vector<Prediction>{}, base ? base->job : 0);
  }
  SavePipeline::Outcome save(SavePipeline& to, int64_t iteration, std::map<std::string, double> metrics = {}) {
    auto outcome = to.wait(queue(to, iteration, std::move(metrics)));
    to.flush();
    return outcome;
  }

  std::vector<int64_t> iterations(Store& store) {
    std::vector<int64_t> all;
    for (const SnapshotInfo& info : read_infos(store, "run", [](std::string_view) {}))
      all.push_back(info.cut.iteration);
    return all;
  }
  // Every snapshot that is there, by a reader who knows nothing yet.
  void expect_all_readable(Backend& backend) {
    Store reader(backend, OpenStore::MustExist);
    for (const ManifestKey& key : reader.manifests("run")) {
      const auto stored = reader.read_manifest(key);
      ASSERT_TRUE(stored);
      const auto rows = read_table(reader, *stored, 1);
      Slot slot;
      std::vector<std::span<std::byte>> room;
      for (const TableRow& row : rows) room.push_back(slot.add(row.entry));
      read_rows(
          reader, rows, [&](size_t i) { return room[i]; }, 2);
      const Floats& expected = weights(stored->manifest.info.cut.iteration);
      const auto leaves = slot.leaves();
      ASSERT_EQ(leaves[1].entry.path, "state/model/w");
      EXPECT_EQ(std::memcmp(leaves[1].bytes.data(), expected.data(), 4 * kCount), 0);
    }
  }
  size_t packs() {
    size_t count = 0;
    for (const auto& [key, bytes] : memory_.copy()) count += key.starts_with("packs/") ? 1 : 0;
    return count;
  }
};

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

TEST_F(SavePipelineTest, FeedsMirrorsAndCatchesUp) {
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

TEST_F(SavePipelineTest, AMirrorForgetsByItsOwnPolicy) {
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

TEST_F(SavePipelineTest, AMirrorIsNotSentWhatItWouldForgetNorWhatItForgot) {
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

TEST_F(SavePipelineTest, ATagInTheFirstStoreHoldsInTheMirror) {
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

TEST_F(SavePipelineTest, SaysWhatASnapshotCostsInTheBackground) {
  const auto pipeline = open();
  EXPECT_EQ(pipeline->work_seconds(), 0);
  save(*pipeline, 1);
  EXPECT_GT(pipeline->work_seconds(), 0);
  EXPECT_LT(pipeline->work_seconds(), 10);
}

TEST_F(SavePipelineTest, SendsWhatAnEarlierProcessDidNotGetDone) {
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

TEST_F(SavePipelineTest, DoesNotWaitForAMirror) {
  GateBackend stuck(mirror_memory_);
  stuck.set(false);
  const auto pipeline = open({&stuck});
  for (int64_t i = 1; i <= 5; ++i) save(*pipeline, i);
  EXPECT_THAT(iterations(store_), testing::ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(pipeline->mirrors()[0].waiting, 5u);
  pipeline->drain(std::chrono::steady_clock::now() + std::chrono::milliseconds(20));
  EXPECT_EQ(pipeline->mirrors()[0].waiting, 5u);
  stuck.set(true);
}

TEST_F(SavePipelineTest, KeepsWhatARequiredMirrorHasNotReceived) {
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

TEST_F(SavePipelineTest, NeverReusesBlocksOfCondemnedPacks) {
  const auto pipeline = open();
  save(*pipeline, 1);
  std::vector<Hash> all = store_.packs();
  condemn(store_, all, now_);
  RunCollector collector(store_, std::chrono::seconds(0));
  collector.refresh();
  EXPECT_TRUE(collector.condemned(all[0]));
  Slot slot;
  test::add(slot, "state/model/w", weights(1));
  EncodeSettings settings;
  settings.unusable = [&](const Store::Place& place) { return collector.condemned(place.pack); };
  const WrittenTree again = write_tree(store_, slot.leaves(), settings);
  EXPECT_EQ(again.stats.blocks_reused, 0);
}

}  // namespace
}  // namespace cairn
