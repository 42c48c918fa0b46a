#include "backend/cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "support/backends.h"
#include "support/faulty_backend.h"
#include "support/files.h"
#include "support/keeping_log.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;
constexpr size_t kMiB = 1u << 20;

Bytes noise(size_t size, unsigned seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (std::byte& each : bytes) each = static_cast<std::byte>(random() & 0xFF);
  return bytes;
}

class CachedTest : public testing::Test {
 protected:
  Cached cache(uint64_t most = 100 * kMiB) {
    Cached::Options options;
    options.folder = folder_ / "cache";
    options.most_bytes = most;
    options.prefix = "packs/";
    options.log = &log_;
    return Cached(remote_, std::move(options));
  }
  // Through the cache, compared with what is there.
  static void expect_range(Cached& cache, const Bytes& whole, uint64_t offset, uint64_t length) {
    const auto got = cache.get("packs/p", {offset, length});
    ASSERT_TRUE(got);
    const size_t begin = std::min<size_t>(offset, whole.size()), end = std::min<size_t>(offset + length, whole.size());
    EXPECT_TRUE(std::equal(got->begin(), got->end(), whole.begin() + static_cast<std::ptrdiff_t>(begin),
                           whole.begin() + static_cast<std::ptrdiff_t>(end)))
        << offset << "+" << length;
  }
  uint64_t kept_bytes() const {
    uint64_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "cache"))
      bytes += entry.is_regular_file() ? entry.file_size() : 0;
    return bytes;
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> all;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "cache")) {
      if (entry.is_regular_file()) all.push_back(entry.path());
    }
    return all;
  }

  test::TempFolder folder_;
  test::MemoryBackend memory_;
  test::FaultyBackend remote_{memory_};  // counts what it is asked
  test::KeepingLog log_;
};

TEST_F(CachedTest, GivesTheSameBytesAndAsksForThemOnce) {
  const Bytes whole = noise(5 * kMiB + 1234, 1);
  memory_.set("packs/p", whole);
  for (int round = 0; round < 2; ++round) {
    Cached backend = cache();  // another process, with the same folder
    const struct {
      uint64_t offset, length;
    } ranges[] = {{0, 10},
                  {kMiB - 5, 10},
                  {3 * kMiB, kMiB},
                  {kMiB, 3 * kMiB + 7},
                  {5 * kMiB, 1234},
                  {4 * kMiB, 2 * kMiB},
                  {2 * kMiB - 1, 4 * kMiB},
                  {0, 6 * kMiB},
                  {5 * kMiB + 1230, 100}};
    for (const auto& [offset, length] : ranges) expect_range(backend, whole, offset, length);
  }
  remote_.fail_at(0);
  Cached backend = cache();
  expect_range(backend, whole, 0, whole.size());
  EXPECT_EQ(remote_.operations(), 1) << "whether it is still there, and no bytes";
}

TEST_F(CachedTest, KeepsWhatIsPutAndOnlyWhatNeverChanges) {
  Cached backend = cache();
  const Bytes whole = noise(2 * kMiB, 2);
  backend.put("packs/p", whole, PutMode::IfAbsent);
  remote_.fail_at(1, test::FaultyBackend::Loses::Call, 1000);
  EXPECT_THROW(backend.get("packs/p", {0, 5}), Error) << "nobody knows whether it is still there";
  remote_.fail_at(0);
  expect_range(backend, whole, 17, kMiB);
  EXPECT_EQ(remote_.operations(), 1);
  backend.put("refs/r", noise(10, 3), PutMode::Replace);
  backend.get("refs/r", {0, 10});
  backend.put("refs/r", noise(10, 4), PutMode::Replace);
  EXPECT_EQ(*backend.get("refs/r", {0, 10}), noise(10, 4));
}

TEST_F(CachedTest, HasNothingThatTheStoreHasNoMore) {
  Cached backend = cache();
  backend.put("packs/p", noise(kMiB, 5), PutMode::IfAbsent);
  backend.remove("packs/p");
  EXPECT_FALSE(backend.get("packs/p", {0, 10}));
}

TEST_F(CachedTest, ReadsWhatIsDamagedAnew) {
  const Bytes whole = noise(3 * kMiB, 6);
  Cached backend = cache();
  backend.put("packs/p", whole, PutMode::IfAbsent);
  const std::vector<fs::path> pieces = files();
  ASSERT_EQ(pieces.size(), 3u);
  fs::resize_file(pieces[0], 100);
  fs::resize_file(pieces[1], 0);
  std::fstream file(pieces[2], std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(5000);
  file.put('\x55').put('\x55');
  file.close();
  expect_range(backend, whole, 0, whole.size());
  expect_range(backend, whole, 0, whole.size());
}

TEST_F(CachedTest, StaysWithinItsSizeAndDropsWhatWasUsedLongestAgo) {
  Cached backend = cache(10 * kMiB);
  for (int i = 0; i < 40; ++i) backend.put(cat("packs/", i), noise(kMiB, static_cast<unsigned>(i)), PutMode::IfAbsent);
  EXPECT_LE(kept_bytes(), 10 * kMiB + 1024);
  EXPECT_GE(kept_bytes(), 5 * kMiB);
  remote_.fail_at(0);
  backend.get("packs/39", {0, 100});
  EXPECT_EQ(remote_.operations(), 1);
  backend.put("packs/huge", noise(11 * kMiB, 1), PutMode::IfAbsent);
  EXPECT_LE(kept_bytes(), 10 * kMiB + 1024);
}

TEST_F(CachedTest, AFolderThatCannotBeWrittenIsSaidOnceAndDisturbsNothing) {
  test::write_text(folder_ / "cache", "a file where a folder should be");
  const Bytes whole = noise(kMiB, 7);
  Cached backend = cache();
  backend.put("packs/p", whole, PutMode::IfAbsent);
  backend.put("packs/q", whole, PutMode::IfAbsent);
  expect_range(backend, whole, 5, 100);
  const std::string said = log_.text();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
}

}  // namespace
}  // namespace cairn
