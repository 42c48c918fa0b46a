#include "checkpoint/checkpointer.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/restore.h"
#include "plugin/registry.h"
#include "store/find_snapshot.h"
#include "store/layout.h"
#include "support/backends.h"
#include "support/files.h"
#include "support/keeping_log.h"
#include "support/s3_server.h"

namespace cairn {
namespace {

using test::MemoryBackend;

class CheckpointerTest : public testing::Test {
 protected:
  MemoryBackend backend_;
  std::vector<std::string> said_;

  std::unique_ptr<Checkpointer> open(std::vector<Backend*> backends = {}) {
    Checkpointer::Options options;
    options.run = "run";
    options.threads = 2;
    if (backends.empty()) backends = {&backend_};
    for (Backend* backend : backends) options.stores.push_back({backend, "", true});
    return std::make_unique<Checkpointer>(std::move(options));
  }
  static at::Tensor weights(int64_t iteration) { return at::full({300, 7}, static_cast<double>(iteration) + 0.1); }
  static SaveOutcome save(Checkpointer& to, int64_t iteration) {
    CutInfo cut;
    cut.iteration = iteration;
    cut.reason = "test";
    return to.save(cut, [&](StateWriter& state, StateWriter& record) {
      state.tensor("model/w", weights(iteration));
      state.integer("progress/iteration", iteration);
      record.text("time", "now");
    });
  }
  std::optional<Restored> newest(Checkpointer& from) {
    return from.newest([&](std::string_view line) { said_.emplace_back(line); });
  }
  void expect_iteration(Checkpointer& from, int64_t iteration) {
    const auto restored = newest(from);
    ASSERT_TRUE(restored);
    EXPECT_EQ(restored->info().cut.iteration, iteration);
    EXPECT_EQ(restored->state().integer("progress/iteration"), iteration);
    EXPECT_TRUE(at::equal(restored->state().tensor("model/w"), weights(iteration)));
    EXPECT_EQ(restored->record().text("time"), "now");
  }
  void damage(const SnapshotInfo& info) {
    const std::string key = key_of(info).key();
    Bytes bytes = backend_.copy().at(key);
    bytes[bytes.size() / 2] ^= std::byte{1};
    backend_.set(key, bytes);
  }
};

TEST_F(CheckpointerTest, HasNothingBeforeTheFirstSave) {
  EXPECT_FALSE(newest(*open()));
}

TEST_F(CheckpointerTest, RestoresTheNewestInAnotherProcess) {
  const auto writer = open();
  const SaveOutcome first = save(*writer, 10), second = save(*writer, 20);
  ASSERT_TRUE(first.published() && second.published());
  EXPECT_EQ(second.snapshot.parent, first.snapshot.id);
  EXPECT_NE(second.snapshot.digest, first.snapshot.digest);
  expect_iteration(*open(), 20);
  EXPECT_TRUE(said_.empty());
}

TEST_F(CheckpointerTest, HasEqualDigestsForEqualStates) {
  MemoryBackend other;
  EXPECT_EQ(save(*open(), 10).snapshot.digest, save(*open({&other}), 10).snapshot.digest);
}

TEST_F(CheckpointerTest, AnotherOrderInMemoryIsTheSameState) {
  const at::Tensor image = at::randn({6, 5, 3, 3});
  const auto digest_of = [&](const at::Tensor& tensor, const std::string& run) {
    Checkpointer::Options options;
    options.run = run;
    options.stores.push_back({&backend_, "", true});
    Checkpointer checkpointer(std::move(options));
    const SaveOutcome outcome =
        checkpointer.save({}, [&](StateWriter& state, StateWriter&) { state.tensor("model/w", tensor); });
    EXPECT_TRUE(at::equal(checkpointer.newest({})->state().tensor("model/w"), tensor));
    return outcome.snapshot.digest;
  };
  const std::string rows = digest_of(image, "rows");
  EXPECT_EQ(digest_of(image.contiguous(at::MemoryFormat::ChannelsLast), "channels"), rows);
  EXPECT_EQ(digest_of(at::cat({image, image}, 1).narrow(1, 5, 5), "part-of-another"), rows);
}

TEST_F(CheckpointerTest, ARecordIsReadWithoutTheTensors) {
  const auto writer = open();
  save(*writer, 10);
  const SnapshotInfo info = save(*writer, 20).snapshot;
  Store store(backend_, OpenStore::MustExist);
  const Restored record = restore_record(store, manifest_of(store, info));
  EXPECT_EQ(record.record().text("time"), "now");
  EXPECT_FALSE(record.state().has("model/w"));
  EXPECT_EQ(record.info().id, info.id);
}

TEST_F(CheckpointerTest, ARecordIsRefusedWhenAPackOfTheRestIsGone) {
  const SnapshotInfo info = save(*open(), 10).snapshot;
  for (const auto& [key, bytes] : backend_.copy()) {
    if (key.starts_with("packs/")) backend_.remove(key);
  }
  Store store(backend_, OpenStore::MustExist);
  try {
    restore_record(store, manifest_of(store, info));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::DataLoss) << error.what();
  }
}

TEST_F(CheckpointerTest, TakesTheOneBeforeADamagedOneAndSaysSo) {
  const auto writer = open();
  save(*writer, 10);
  damage(save(*writer, 20).snapshot);
  expect_iteration(*open(), 10);
  ASSERT_EQ(said_.size(), 2u);
  EXPECT_THAT(said_[0], testing::HasSubstr("snapshot 2 of run 'run'"));
}

TEST_F(CheckpointerTest, GoesOnAfterADamagedOne) {
  {
    const auto writer = open();
    save(*writer, 10);
    damage(save(*writer, 20).snapshot);
  }
  const auto second = open();
  newest(*second);
  EXPECT_TRUE(save(*second, 21).published());
  expect_iteration(*open(), 21);
}

TEST_F(CheckpointerTest, FailsWhenNoneIsIntact) {
  damage(save(*open(), 10).snapshot);
  try {
    newest(*open());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::DataLoss);
  }
}

TEST_F(CheckpointerTest, TakesADamagedOneFromTheMirror) {
  MemoryBackend mirror;
  const SaveOutcome saved = save(*open({&backend_, &mirror}), 10);
  damage(saved.snapshot);
  const auto reader = open({&backend_, &mirror});
  expect_iteration(*reader, 10);
  EXPECT_EQ(said_.size(), 1u);
}

TEST_F(CheckpointerTest, RestoresFromTheMirrorAlone) {
  MemoryBackend mirror;
  save(*open({&backend_, &mirror}), 10);
  expect_iteration(*open({&mirror}), 10);
}

TEST_F(CheckpointerTest, GoesOnWithAnEmptyFirstStore) {
  MemoryBackend mirror, fresh;
  save(*open({&backend_, &mirror}), 10);
  {
    const auto moved = open({&fresh, &mirror});
    expect_iteration(*moved, 10);
    const SaveOutcome saved = save(*moved, 20);
    EXPECT_EQ(saved.snapshot.sequence, 2);
    EXPECT_GT(saved.snapshot.generation, 1);
    moved->drain(std::nullopt);
    EXPECT_TRUE(moved->mirrors_behind().empty());
  }
  expect_iteration(*open({&fresh}), 20);
  expect_iteration(*open({&mirror}), 20);
  EXPECT_EQ(open({&mirror})->list().size(), 2u);
}

// A run claims its first store before it knows what the others have.
TEST_F(CheckpointerTest, GoesOnBehindEveryGenerationThatAnyStoreHas) {
  MemoryBackend mirror, fresh;
  for (const int64_t iteration : {10, 20, 30}) {  // each process is a generation
    const auto writer = open({&backend_, &mirror});
    newest(*writer);
    save(*writer, iteration);
  }
  {
    const auto moved = open({&fresh, &mirror});
    moved->claim();
    expect_iteration(*moved, 30);
    EXPECT_GT(save(*moved, 40).snapshot.generation, 3);
  }
  expect_iteration(*open({&fresh, &mirror}), 40);
  expect_iteration(*open({&mirror}), 40);
}

TEST_F(CheckpointerTest, LeavesOutWhatThereIsNoMemoryFor) {
  const auto writer = open();
  save(*writer, 10);
  const auto none = [](StateWriter&, StateWriter&) { fail(Code::ResourceExhausted, "no memory for 7 bytes"); };
  const SaveOutcome outcome = writer->save({}, none);
  EXPECT_EQ(outcome.kind, SaveOutcome::Kind::Skipped);
  EXPECT_THAT(outcome.why, testing::HasSubstr("no memory for 7 bytes"));
  EXPECT_EQ(writer->skipped(), 1);
  EXPECT_TRUE(save(*writer, 20).published());
}

TEST_F(CheckpointerTest, ReadsWhatIsDamagedInOneStoreFromTheOther) {
  MemoryBackend mirror;
  save(*open({&backend_, &mirror}), 10);
  for (const auto& [key, bytes] : backend_.copy()) {
    if (!key.starts_with("packs/")) continue;
    for (size_t offset = 0; offset < bytes.size(); offset += std::max<size_t>(bytes.size() / 40, 1)) {
      Bytes damaged = bytes;
      damaged[offset] ^= std::byte{4};
      backend_.set(key, damaged);
      expect_iteration(*open({&backend_, &mirror}), 10);
      backend_.set(key, bytes);
    }
  }
  EXPECT_THAT(said_, testing::Contains(testing::HasSubstr("is read from the")));
}

// Every call fails, as when the network is away.
class AwayBackend final : public Backend {
 public:
  PutResult put(const std::string&, std::span<const std::byte>, PutMode) override { away(); }
  std::optional<Bytes> get(const std::string&, const ByteRange&) override { away(); }
  Page list(const std::string&, const std::string&) override { away(); }
  std::optional<ObjectStat> stat(const std::string&) override { away(); }
  void remove(const std::string&) override { away(); }
  Capabilities capabilities() const override { return {}; }
  std::string describe() const override { return "away"; }

 private:
  [[noreturn]] static void away() { fail(Code::Unavailable, "no answer"); }
};

// Answers until its packs are read for the n-th time.
class LeavingBackend final : public test::ForwardingBackend {
 public:
  using ForwardingBackend::ForwardingBackend;
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override {
    if (key.starts_with("packs/") && ++reads > good) fail(Code::Unavailable, "no answer");
    return inner_.get(key, range);
  }
  int reads = 0, good = 0;
};

TEST_F(CheckpointerTest, AStoreThatGoesAwayInARestoreIsAskedOnce) {
  MemoryBackend mirror;
  {
    const auto writer = open({&backend_, &mirror});
    CutInfo cut;
    cut.iteration = 10;
    writer->save(cut, [](StateWriter& state, StateWriter& record) {
      for (int i = 0; i < 50; ++i) state.tensor(cat("model/w", i), weights(i));
      record.text("time", "now");
    });
  }
  LeavingBackend leaving(backend_);
  leaving.good = 1000;
  newest(*open({&leaving, &mirror}));
  const int whole = leaving.reads;
  leaving.reads = 0;
  leaving.good = whole - 1;  // the tensors come last
  const auto restored = newest(*open({&leaving, &mirror}));
  ASSERT_TRUE(restored);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(at::equal(restored->state().tensor(cat("model/w", i)), weights(i)));
  EXPECT_EQ(leaving.reads, whole);
}

TEST_F(CheckpointerTest, GoesOnWithoutAMirrorThatIsAway) {
  AwayBackend away;
  EXPECT_THROW(open({&backend_, &away}), Error) << "only the mirror could know whether the run exists";
  save(*open(), 10);
  const auto both = open({&backend_, &away});
  expect_iteration(*both, 10);
  EXPECT_TRUE(save(*both, 20).published());
  EXPECT_EQ(both->mirrors_behind(), std::vector<std::string>{"away"});
}

// Servers that take a connection and never say a word.
class SilentMirrors : public CheckpointerTest {
 protected:
  void SetUp() override { save(*open(), 10); }
  std::unique_ptr<Checkpointer> open_with(std::vector<StoreRef> mirrors) {
    Checkpointer::Options options;
    options.run = "run";
    options.log = &log_;
    options.patience = std::chrono::milliseconds(200);
    options.stores = std::move(mirrors);
    options.stores.insert(options.stores.begin(), {&backend_, "", true});
    return std::make_unique<Checkpointer>(std::move(options));
  }
  // A run begins, in a fraction of the time in which the mirrors themselves would give up.
  void expect_start(std::vector<StoreRef> mirrors) {
    const auto begin = std::chrono::steady_clock::now();
    const auto checkpointer = open_with(std::move(mirrors));
    expect_iteration(*checkpointer, 10);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    EXPECT_TRUE(save(*checkpointer, 20).published());
    EXPECT_THAT(log_.text(), testing::HasSubstr("is away; the run goes on without: it did not answer within 0.2 s"));
    checkpointer->drain(std::chrono::seconds(0));
    EXPECT_FALSE(checkpointer->mirrors()[0].waiting == 0);
  }

  test::S3Server server_;
  test::ChildServer silence_{"toxic_proxy.py", {std::to_string(server_.port()), "timeout:1000"}};
  std::string address_ = cat("http://127.0.0.1:", silence_.port());
  std::atomic<bool> stops_[2] = {false, false};
  test::KeepingLog log_;
};

TEST_F(SilentMirrors, HoldNobodyUp) {
  std::vector<std::unique_ptr<Backend>> backends;
  std::vector<StoreRef> mirrors;
  for (size_t i = 0; i < 2; ++i) {
    Table params = server_.params(cat("silent", i));
    params["endpoint"] = address_;
    params["give_up"] = 3600.0;
    backends.push_back(test::s3_backend(params, nullptr, &stops_[i]));
    mirrors.push_back({backends[i].get(), "", i == 0, 0, &stops_[i]});
  }
  expect_start(mirrors);
}

TEST_F(SilentMirrors, OfGitHoldNobodyUpEither) {
  if (std::system("git lfs version > /dev/null 2>&1") != 0) GTEST_SKIP() << "git-lfs is not installed";
  const test::TempFolder folder;
  Context context;
  context.stop = &stops_[0];
  const auto backend = test::plugins().create<Backend>(
      "git_lfs", {{"remote", address_ + "/x.git"}, {"folder", (folder / "mine").string()}}, context);
  expect_start({{backend.get(), "", true, 0, &stops_[0]}});
}

TEST_F(SilentMirrors, AreNotAskedForAFirstStoreThatIsEmptyUnlessTheyAreRequired) {
  Table params = server_.params("optional");
  params["endpoint"] = address_;
  params["give_up"] = 3600.0;
  const auto mirror = test::s3_backend(params, nullptr, &stops_[0]);
  MemoryBackend fresh;
  Checkpointer::Options options;
  options.run = "run";
  options.log = &log_;
  options.patience = std::chrono::milliseconds(200);
  options.stores = {{&fresh, "", true}, {mirror.get(), "", false, 0, &stops_[0]}};
  Checkpointer checkpointer(std::move(options));
  EXPECT_FALSE(newest(checkpointer));
  EXPECT_THAT(log_.text(), testing::HasSubstr("it did not answer within 0.2 s"));
  checkpointer.drain(std::chrono::seconds(0));
}

TEST_F(CheckpointerTest, RestoresByIterationAndById) {
  const auto writer = open();
  save(*writer, 10);
  const std::string id = save(*writer, 20).snapshot.id;
  save(*writer, 30);
  EXPECT_EQ(open()->restore("@29").info().cut.iteration, 20);
  EXPECT_EQ(open()->restore(id.substr(0, 12)).info().cut.iteration, 20);
  EXPECT_THROW(open()->restore("@9"), Error);
  EXPECT_THROW(open()->restore("abc"), Error);
}

TEST_F(CheckpointerTest, LeavesTheFutureBehindWhenItContinuesFromThePast) {
  {
    const auto writer = open();
    for (const int64_t iteration : {10, 20, 30}) save(*writer, iteration);
  }
  const auto rewound = open();
  rewound->restore("@10");
  save(*rewound, 11);
  expect_iteration(*open(), 11);
}

TEST_F(CheckpointerTest, ListsOldestFirst) {
  const auto writer = open();
  save(*writer, 10);
  save(*writer, 20);
  const auto infos = writer->list();
  ASSERT_EQ(infos.size(), 2u);
  EXPECT_EQ(infos[0].cut.iteration, 10);
  EXPECT_EQ(infos[1].size_bytes, 300u * 7 * 4 + 8 + 3);
}

TEST_F(CheckpointerTest, HandsOnWhatTheWriterThrows) {
  EXPECT_THROW(open()->save({}, [](StateWriter&, StateWriter&) { fail(Code::Internal, "no"); }), Error);
  EXPECT_THROW(open()->save({},
                            [](StateWriter& state, StateWriter&) {
                              state.integer("a", 1);
                              state.integer("a", 2);
                            }),
               Error);
}

TEST_F(CheckpointerTest, WorksOnARealFolder) {
  const test::TempFolder folder;
  const auto local = test::local_backend(folder / "store");
  EXPECT_TRUE(save(*open({local.get()}), 10).published());
  expect_iteration(*open({local.get()}), 10);
}

}  // namespace
}  // namespace cairn
