// Every operation of a save fails once; the power is cut at every boundary; every byte is damaged. What was published
// is always there, and nothing damaged is ever loaded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "checkpoint/pipeline/maintain.h"
#include "checkpoint/pipeline/save_pipeline.h"
#include "store/run_line.h"
#include "support/backends.h"
#include "support/memory_files.h"
#include "support/trees.h"

namespace cairn {
namespace {

using test::Floats;
using test::MemoryBackend;
using test::MemoryFiles;

bool all() {
  return std::getenv("CAIRN_TEST_ALL") != nullptr;
}

constexpr size_t kCount = 3000;

const Floats& weights(int64_t iteration) {
  static std::map<int64_t, Floats> known;
  auto& w = known[iteration];
  if (w.empty()) {
    w = test::normal(kCount, 1);
    const Floats news = test::normal(kCount, 50 + static_cast<uint64_t>(iteration));
    for (size_t i = 0; i < kCount; ++i) w[i] += 1e-4f * news[i];
  }
  return w;
}

void fill(Slot& slot, int64_t iteration) {
  test::add(slot, "state/model/w", weights(iteration));
  test::add_text(slot, "state/progress/iteration", std::to_string(iteration));
}

std::unique_ptr<SavePipeline> open(Store& store, KeepPolicy keep = {}) {
  SavePipeline::Options options;
  options.run = "run";
  options.store = &store;
  options.keep = keep;
  options.grace = std::chrono::seconds(0);
  options.clock = [] { return Clock::time_point(std::chrono::hours(24 * 365 * 50)); };
  return std::make_unique<SavePipeline>(std::move(options));
}

bool save(SavePipeline& pipeline, int64_t iteration) {
  SavePipeline::Place* place = pipeline.take(true);
  fill(pipeline.slot(*place), iteration);
  CutInfo cut;
  cut.iteration = iteration;
  cut.reason = "test";
  const auto outcome = pipeline.wait(pipeline.submit(*place, cut, {}, 0));
  pipeline.flush();
  return outcome.snapshot.has_value();
}

// The newest snapshot that a resume would take; 0: none. Its content is compared with what was saved.
int64_t newest(Backend& backend, std::string* complaints = nullptr) {
  Store store(backend, OpenStore::CreateIfEmpty);
  RunLine line(store.manifests("run"));
  while (const auto key = line.next()) {
    try {
      const auto stored = store.read_manifest(*key);
      if (!stored) continue;
      line.saw(stored->manifest.info);
      std::vector<TableRow> rows;
      Slot slot;
      load_tree(store, *stored, 1, rows, slot);
      Slot expected;
      const int64_t iteration = stored->manifest.info.cut.iteration;
      fill(expected, iteration);
      EXPECT_EQ(test::contents(slot.leaves()), test::contents(expected.leaves()));
      return iteration;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::DataLoss) << error.what();
      if (complaints != nullptr) *complaints += std::string(error.message()) + "\n";
    }
  }
  return 0;
}

TEST(Crash, EveryOperationOfASaveMayFailOnce) {
  for (const auto fault : {MemoryFiles::Fault::Error, MemoryFiles::Fault::Full, MemoryFiles::Fault::ShortWrite}) {
    bool over = false;
    for (int64_t n = 1; !over; ++n) {
      ASSERT_LT(n, 500);
      MemoryFiles files;
      const auto backend = test::local_backend("/store", &files);
      Store store(*backend, OpenStore::CreateIfEmpty);
      KeepPolicy keep;
      keep.last = 2;
      const auto pipeline = open(store, keep);
      ASSERT_TRUE(save(*pipeline, 1));
      files.fail_at(n, fault);
      const bool second = save(*pipeline, 2);
      over = !files.fired();
      files.fail_at(0, MemoryFiles::Fault::None);
      // One that failed after its name was there may be found all the same; it is whole then.
      const int64_t found = newest(*backend);
      EXPECT_TRUE(found == 2 || (found == 1 && !second)) << "operation " << n;
      EXPECT_TRUE(save(*pipeline, 3)) << "operation " << n;
      EXPECT_EQ(newest(*backend), 3);
      for (const std::string& name : files.list("/store/snapshots/run"))
        EXPECT_FALSE(name.starts_with(kTemporaryPrefix)) << n;
    }
  }
}

TEST(Crash, APowerCutAtAnyBoundaryLosesNothingPublished) {
  const int seeds = all() ? 40 : 3;
  MemoryFiles files;
  const auto backend = test::local_backend("/store", &files);
  int64_t published = 0, boundary = 0, wrong = 0;
  std::mutex mutex;  // guards the three, and the checks: the pipeline's thread makes most operations
  Store store(*backend, OpenStore::CreateIfEmpty);
  KeepPolicy keep;
  keep.last = 1;
  const auto pipeline = open(store, keep);
  files.after = [&] {
    const std::lock_guard lock(mutex);
    ++boundary;
    for (int seed = 0; seed < seeds; ++seed) {
      const auto after = files.power_cut(static_cast<uint64_t>(boundary * 1000 + seed), seed == 0 ? 0.0 : 0.5);
      const auto found = test::local_backend("/store", after.get());
      std::string why;
      if (newest(*found, &why) >= published) continue;
      ++wrong;
      ADD_FAILURE() << "boundary " << boundary << ", seed " << seed << " after " << published << ": " << why;
    }
  };
  for (int64_t iteration = 1; iteration <= 3; ++iteration) {
    ASSERT_TRUE(save(*pipeline, iteration));
    const std::lock_guard lock(mutex);
    published = iteration;
  }
  EXPECT_GT(boundary, 40);
  EXPECT_EQ(wrong, 0);
}

class DamageTest : public testing::Test {
 protected:
  MemoryBackend backend_;
  std::map<std::string, Bytes> whole_;
  std::string manifest_;            // of the newest
  std::vector<std::string> packs_;  // that only the newest needs
  int64_t fell_back_ = 0;

  void SetUp() override {
    Store store(backend_, OpenStore::CreateIfEmpty);
    {
      const auto pipeline = open(store);
      ASSERT_TRUE(save(*pipeline, 1));
      const auto before = backend_.copy();
      ASSERT_TRUE(save(*pipeline, 2));
      for (const auto& [key, bytes] : backend_.copy()) {
        if (key.starts_with("packs/") && !before.contains(key)) packs_.push_back(key);
      }
    }
    manifest_ = store.manifests("run").back().key();
    whole_ = backend_.copy();
    ASSERT_EQ(packs_.size(), 1u);
  }
  // The older snapshot is used, always; or the newest, when the damage is where nothing depends on it.
  void expect_older(const std::string& key, const Bytes& bytes, const std::string& what) {
    backend_.set(key, bytes);
    const int64_t found = newest(backend_);
    ASSERT_EQ(found, 1) << what;
    backend_.set(key, whole_.at(key));
  }
  static Bytes prefix(const Bytes& bytes, size_t size) {
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
  }
};

TEST_F(DamageTest, EveryTruncationOfAManifestIsNoticed) {
  const Bytes& bytes = whole_.at(manifest_);
  for (size_t size = 0; size < bytes.size(); ++size) expect_older(manifest_, prefix(bytes, size), cat("size ", size));
}

TEST_F(DamageTest, EveryFlippedBitOfAManifestIsNoticed) {
  const Bytes& bytes = whole_.at(manifest_);
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; bit += all() ? 1 : 5) {
      Bytes damaged = bytes;
      damaged[at] ^= std::byte(1 << bit);
      expect_older(manifest_, damaged, cat("byte ", at));
    }
  }
}

TEST_F(DamageTest, EveryTruncationOfAPackIsNoticed) {
  const Bytes& bytes = whole_.at(packs_[0]);
  for (size_t size = 0; size < bytes.size(); size += all() ? 1 : 512)
    expect_older(packs_[0], prefix(bytes, size), cat("size ", size));
}

TEST_F(DamageTest, FlippedBitsOfAPackAreNoticed) {
  const Bytes& bytes = whole_.at(packs_[0]);
  const size_t stride = all() ? 1 : 37;
  for (size_t at = kPackMagicSize; at < bytes.size(); at += stride) {  // nothing reads the magic of a whole pack
    Bytes damaged = bytes;
    damaged[at] ^= std::byte(1 << (at % 8));
    expect_older(packs_[0], damaged, cat("byte ", at));
  }
}

TEST_F(DamageTest, MissingPacksAreNoticed) {
  backend_.remove(packs_[0]);
  std::string complaints;
  EXPECT_EQ(newest(backend_, &complaints), 1);
  EXPECT_THAT(complaints, testing::HasSubstr("is in no pack"));
}

// Manifests, indexes and tables with hostile numbers: never a crash, never more memory than a limit says.
TEST_F(DamageTest, HostileBytesAreRefused) {
  const int rounds = all() ? 200000 : 1000;
  const std::vector<std::string> keys{manifest_, packs_[0]};
  constexpr uint8_t kNasty[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
  for (int round = 0; round < rounds; ++round) {
    Rng rng({static_cast<uint64_t>(round)});
    const std::string& key = keys[static_cast<size_t>(round % 2)];
    Bytes bytes = whole_.at(key);
    const auto below = [&](size_t n) { return static_cast<size_t>(rng.uniform() * static_cast<double>(n)); };
    for (size_t changes = 1 + below(8); changes > 0; --changes) {
      // Half of them where lengths stand: at both ends.
      const size_t at =
          below(2) == 0 ? below(bytes.size()) : (below(2) == 0 ? below(80) : bytes.size() - 1 - below(80));
      bytes[at] = std::byte{kNasty[below(5)]};
    }
    backend_.set(key, bytes);
    EXPECT_GE(newest(backend_), 1);  // content is compared inside
    backend_.set(key, whole_.at(key));
  }
}

TEST(Collection, TwoCollectorsAndAWriterAgree) {
  MemoryBackend backend;
  Store store(backend, OpenStore::CreateIfEmpty);
  KeepPolicy keep;
  keep.last = 2;
  const auto pipeline = open(store, keep);
  std::atomic<bool> done = false;
  std::vector<std::thread> collectors;
  for (int i = 0; i < 2; ++i) {
    collectors.emplace_back([&] {
      Store own(backend, OpenStore::MustExist);
      // Bounded: two that never rest would leave a writer of low priority no turn on a busy machine.
      for (int round = 0; round < 60 && !done; ++round) {
        try {
          collect(own, std::chrono::hours(1), Clock::now(), DryRun::No);
        } catch (const Error&) {  // a manifest went away under it: it ends and tries again
        }
        own.load_all_packs();
      }
    });
  }
  for (int64_t i = 1; i <= 30; ++i) EXPECT_TRUE(save(*pipeline, i));
  done = true;
  for (std::thread& thread : collectors) thread.join();
  EXPECT_EQ(newest(backend), 30);
  // Later, with nobody writing, everything that no snapshot needs goes.
  Store later(backend, OpenStore::MustExist);
  collect(later, std::chrono::seconds(0), Clock::now(), DryRun::No);
  collect(later, std::chrono::seconds(0), Clock::now() + std::chrono::hours(2), DryRun::No);
  EXPECT_EQ(newest(backend), 30);
  EXPECT_TRUE(collect(later, std::chrono::seconds(0), Clock::now(), DryRun::Yes).removed.empty());
}

TEST(Collection, NeedsTwoStepsAndAGracePeriod) {
  MemoryBackend backend;
  Store store(backend, OpenStore::CreateIfEmpty);
  {
    const auto pipeline = open(store);
    save(*pipeline, 1);
    save(*pipeline, 2);
  }
  const auto keys = store.manifests("run");
  squash_snapshot(store, keys[1], 1, DryRun::No);
  store.remove_manifest(keys[0]);
  const Clock::time_point now = Clock::now();
  const auto hour = std::chrono::hours(1);
  const size_t before = store.packs().size();
  EXPECT_TRUE(collect(store, hour, now, DryRun::Yes).removed.empty());
  EXPECT_FALSE(collect(store, hour, now, DryRun::No).condemned.empty());
  EXPECT_FALSE(collect(store, hour, now + hour / 2, DryRun::No).waiting.empty());
  EXPECT_EQ(store.packs().size(), before);
  EXPECT_FALSE(collect(store, hour, now + 2 * hour, DryRun::No).removed.empty());
  EXPECT_LT(store.packs().size(), before);
  EXPECT_EQ(newest(backend), 2);
}

TEST(Collection, RemovesNothingWhenAManifestCannotBeRead) {
  MemoryBackend backend;
  Store store(backend, OpenStore::CreateIfEmpty);
  {
    const auto pipeline = open(store);
    save(*pipeline, 1);
    save(*pipeline, 2);
  }
  const std::string key = store.manifests("run")[0].key();
  Bytes bytes = backend.copy().at(key);
  bytes[20] ^= std::byte{1};
  backend.set(key, bytes);
  EXPECT_THROW(collect(store, std::chrono::seconds(0), Clock::now(), DryRun::No), Error);
  EXPECT_EQ(newest(backend), 2);
}

TEST(Maintenance, SquashesVerifiesAndCompares) {
  MemoryBackend backend;
  Store store(backend, OpenStore::CreateIfEmpty);
  {
    const auto pipeline = open(store);
    for (int64_t i = 1; i <= 4; ++i) save(*pipeline, i);
  }
  const auto keys = store.manifests("run");
  EXPECT_GT(squash_snapshot(store, keys[3], 1, DryRun::Yes).depth_before, 0);
  EXPECT_GT(squash_snapshot(store, keys[3], 1, DryRun::No).depth_before, 0);
  EXPECT_EQ(squash_snapshot(store, keys[3], 1, DryRun::No).depth_before, 0);
  EXPECT_EQ(newest(backend), 4);

  const auto first = verify_snapshots(store, "run", std::chrono::seconds(0), 1);
  ASSERT_EQ(first.good.size(), 1u);
  EXPECT_EQ(first.left, 3u);
  const auto second = verify_snapshots(store, "run", std::chrono::seconds(0), 1);
  EXPECT_NE(second.good[0].id, first.good[0].id);  // goes on where it stopped
  EXPECT_EQ(verify_snapshots(store, "run", std::chrono::hours(1), 1).good.size(), 4u);

  const auto a = store.read_manifest(keys[0]), b = store.read_manifest(keys[1]);
  const auto differences = diff_snapshots(store, *a, *b, 1);
  ASSERT_EQ(differences.size(), 2u);
  EXPECT_EQ(differences[0].path, "state/model/w");
  EXPECT_EQ(differences[0].elements, kCount);
  EXPECT_GT(differences[0].largest, differences[0].mean);
  EXPECT_TRUE(diff_snapshots(store, *a, *a, 1).empty());
}

}  // namespace
}  // namespace cairn
