#include "checkpoint/pipeline/repair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/pipeline/copy.h"
#include "checkpoint/pipeline/save_pipeline.h"
#include "support/backends.h"

namespace cairn {
namespace {

using test::MemoryBackend;

class RepairTest : public testing::Test {
 protected:
  void SetUp() override {
    SavePipeline::Options options;
    options.run = "run";
    options.store = &first_;
    options.threads = 1;
    options.clock = [] { return Clock::time_point{std::chrono::hours(400000)}; };
    SavePipeline pipeline(std::move(options));
    for (int64_t i = 1; i <= 2; ++i) {
      SavePipeline::Place* place = pipeline.take(true);
      const std::span<std::byte> room = pipeline.slot(*place).add({"state/model/w", DType::UInt8, {30000}, 30000});
      for (size_t k = 0; k < room.size(); ++k) room[k] = static_cast<std::byte>(k * k * static_cast<size_t>(i));
      CutInfo cut;
      cut.iteration = i;
      ASSERT_TRUE(pipeline.wait(pipeline.submit(*place, cut, {}, 0)).snapshot);
    }
    for (const ManifestKey& key : first_.manifests("run")) copy_snapshot(first_, second_, key);
  }
  Repaired repair() {
    Store* const others[] = {&second_};
    return repair_store(first_, others, [&](std::string_view line) { said_ += std::string(line) + "\n"; });
  }
  static void flip(MemoryBackend& memory, const std::string& key, size_t bit) {
    Bytes bytes = memory.copy().at(key);
    bytes[bit / 8 % bytes.size()] ^= static_cast<std::byte>(1 << bit % 8);
    memory.set(key, bytes);
  }
  MemoryBackend first_memory_, second_memory_;
  Store first_{first_memory_, OpenStore::CreateIfEmpty};
  Store second_{second_memory_, OpenStore::CreateIfEmpty, first_.uuid()};
  std::string said_;
};

TEST_F(RepairTest, HealsEveryFlippedBitFromTheOtherStoreAndSaysSo) {
  const auto before = first_memory_.copy();
  size_t flipped = 0;
  for (const auto& [key, bytes] : before) {
    if (!key.starts_with("packs/") && !key.starts_with("snapshots/")) continue;
    for (size_t bit = 0; bit < 8 * bytes.size(); bit += bytes.size() / 2 + 1) {
      flip(first_memory_, key, bit);
      said_.clear();
      EXPECT_THAT(repair().healed, testing::ElementsAre(key));
      EXPECT_THAT(said_, testing::HasSubstr(key + " was damaged"));
      EXPECT_EQ(first_memory_.copy().at(key), bytes);
      ++flipped;
    }
  }
  EXPECT_GE(flipped, 40u);
  EXPECT_EQ(first_memory_.copy(), before);
}

TEST_F(RepairTest, LeavesAloneWhatIsDamagedEverywhere) {
  for (const auto& [key, bytes] : first_memory_.copy()) {
    if (!key.starts_with("packs/")) continue;
    flip(first_memory_, key, 800);
    flip(second_memory_, key, 900);
  }
  const auto before = first_memory_.copy();
  const Repaired done = repair();
  EXPECT_EQ(done.hopeless.size(), done.packs);
  EXPECT_TRUE(done.healed.empty());
  EXPECT_EQ(first_memory_.copy(), before);
}

TEST_F(RepairTest, ChangesNothingThatIsWhole) {
  const auto before = first_memory_.copy();
  const Repaired done = repair();
  EXPECT_GE(done.packs, 1u);
  EXPECT_EQ(done.manifests, 2u);
  EXPECT_TRUE(done.healed.empty());
  EXPECT_EQ(first_memory_.copy(), before);
}

}  // namespace
}  // namespace cairn
