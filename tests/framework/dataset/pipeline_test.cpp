// The whole data path with the real plugins: the same bits with any number of workers, any cache, from any position.
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "augmentation/chain.h"
#include "dataset/loader.h"
#include "dataset/order.h"
#include "dataset/source.h"
#include "fake_dataset.h"
#include "plugin/registry.h"
#include "support/files.h"

namespace cairn {
namespace {

constexpr int64_t kImageSize = 64, kEpochs = 3;

class DataPath : public testing::Test {
 protected:
  DataPath() { registry_.add_folder(test::plugin_dir()); }

  Stage stage(const std::string& type, double probability = 1) {
    Context context;
    context.image_size = kImageSize;
    Stage out;
    out.plugin = registry_.create<Augmentation>(type, {}, context);
    out.type = type;
    out.probability = probability;
    return out;
  }

  std::vector<Stage> stages() {
    std::vector<Stage> out = {stage("mosaic", 0.8), stage("random_perspective"), stage("mixup", 0.5), stage("hsv"),
                              stage("flip")};
    out[0].last_epochs_off = 1;
    out[2].only_after = "mosaic";
    return out;
  }

  std::vector<Batch> run(CacheKind cache, int64_t workers, int64_t first_batch, int64_t count) {
    const Source source(set_, {.image_size = kImageSize, .cache = cache, .cache_folder = folder_.path()});
    const Chain chain(
        stages(), 11, [&](int64_t index) { return source.load(index); }, source.size());
    LoaderOptions options;
    options.size = source.size();
    options.batch_size = 5;
    options.epochs = kEpochs;
    options.workers = workers;
    options.shape = [](int64_t, int64_t) { return cv::Size(kImageSize, kImageSize); };
    options.name = [&](int64_t index) { return source.name(index); };
    Loader loader(options, [&](int64_t epoch, int64_t position) {
      AugmentContext context;
      context.output = {kImageSize, kImageSize};
      context.image_size = kImageSize;
      context.epoch = epoch;
      context.epochs = kEpochs;
      return chain.make(EpochOrder(11, epoch, source.size(), Shuffle::On).at(position), epoch, position, context);
    });
    const int64_t per_epoch = loader.batches_per_epoch();
    loader.seek(first_batch / per_epoch, first_batch % per_epoch);
    std::vector<Batch> out;
    for (int64_t i = 0; i < count; ++i) out.push_back(loader.next());
    return out;
  }

  test::FakeDataset set_{18};
  test::TempFolder folder_;
  Registry registry_;
};

TEST_F(DataPath, GivesTheSameBitsWithAnyWorkersAndCaches) {
  const auto expected = run(CacheKind::None, 0, 0, 12);
  for (const CacheKind cache : {CacheKind::None, CacheKind::Ram, CacheKind::Disk}) {
    for (const int64_t workers : {0, 1, 2, 7}) {
      const auto found = run(cache, workers, 0, 12);
      for (size_t i = 0; i < found.size(); ++i) {
        EXPECT_TRUE(at::equal(found[i].images_BCHW, expected[i].images_BCHW))
            << "batch " << i << ", workers " << workers;
        EXPECT_TRUE(at::equal(found[i].rows_N6, expected[i].rows_N6)) << "batch " << i << ", workers " << workers;
      }
    }
  }
}

TEST_F(DataPath, GoesOnFromAnyPosition) {
  const auto straight = run(CacheKind::Ram, 2, 0, 12);
  for (const int64_t first : {1, 4, 7, 11}) {
    const auto resumed = run(CacheKind::Ram, 2, first, 12 - first);
    for (size_t i = 0; i < resumed.size(); ++i) {
      const Batch& before = straight[static_cast<size_t>(first) + i];
      EXPECT_EQ(resumed[i].position, before.position);
      EXPECT_TRUE(at::equal(resumed[i].images_BCHW, before.images_BCHW));
      EXPECT_TRUE(at::equal(resumed[i].rows_N6, before.rows_N6));
    }
  }
}

}  // namespace
}  // namespace cairn
