// Every operation on the store that a save takes fails once: before it happens, and after it, when its answer is lost.
#include <gtest/gtest.h>

#include "backend/retry.h"
#include "framework/checkpoint/pipeline/save_pipeline_fixture.h"
#include "support/faulty_backend.h"

namespace cairn::test {
namespace {

using Loses = FaultyBackend::Loses;

class FaultyStore : public SavePipelineTest, public testing::WithParamInterface<Loses> {
 protected:
  std::unique_ptr<SavePipeline> open_over(Store& store) {
    SavePipeline::Options options;
    options.run = "run";
    options.store = &store;
    options.keep.last = 2;
    options.log = &lines_;
    options.grace = std::chrono::seconds(0);
    options.clock = [this] { return now_ += std::chrono::seconds(1); };
    return std::make_unique<SavePipeline>(std::move(options));
  }
};

TEST_P(FaultyStore, LosesNoSnapshotThatStandsAndTakesTheNext) {
  for (int64_t n = 1, operations = n; n <= operations; ++n) {
    SCOPED_TRACE(n);
    MemoryBackend memory;
    FaultyBackend faulty(memory);
    Store store(faulty, OpenStore::CreateIfEmpty);
    {
      const auto pipeline = open_over(store);
      for (int64_t i = 1; i <= 3; ++i) ASSERT_TRUE(save(*pipeline, i).snapshot);  // what is forgotten is swept, too
      faulty.fail_at(n, GetParam());
      const bool saved = save(*pipeline, 4).snapshot.has_value();
      operations = faulty.operations();
      faulty.fail_at(0);
      Store reader(memory, OpenStore::MustExist);
      const bool stands = iterations(reader).back() == 4;  // when only the answer was lost, it may, though nobody knows
      EXPECT_TRUE(GetParam() == Loses::Call ? stands == saved : stands || !saved);
      expect_all_readable(memory);
      EXPECT_TRUE(save(*pipeline, 5).snapshot);
    }
    Store reader(memory, OpenStore::MustExist);
    EXPECT_EQ(iterations(reader).back(), 5);
    expect_all_readable(memory);
  }
}

TEST_P(FaultyStore, ThatIsAskedAgainTakesEverySnapshot) {
  for (int64_t n = 1, operations = n; n <= operations; ++n) {
    SCOPED_TRACE(n);
    MemoryBackend memory;
    FaultyBackend faulty(memory);
    Retrying retrying(faulty, std::chrono::seconds(1),
                      {[] { return Waiting::Clock::time_point{}; }, [](Waiting::Clock::duration) { return true; }});
    Store store(retrying, OpenStore::CreateIfEmpty);
    const auto pipeline = open_over(store);
    for (int64_t i = 1; i <= 3; ++i) ASSERT_TRUE(save(*pipeline, i).snapshot);
    faulty.fail_at(n, GetParam(), 3);
    EXPECT_TRUE(save(*pipeline, 4).snapshot);
    operations = faulty.operations();
    faulty.fail_at(0);
    expect_all_readable(memory);
  }
}

INSTANTIATE_TEST_SUITE_P(OfAnOperation, FaultyStore, testing::Values(Loses::Call, Loses::Answer),
                         [](const auto& info) { return info.param == Loses::Call ? "TheCall" : "TheAnswer"; });

}  // namespace
}  // namespace cairn::test
