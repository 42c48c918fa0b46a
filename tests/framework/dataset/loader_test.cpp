#include "dataset/loader.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>

#include <ATen/Functions.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/error.h>
#include <cairn/random.h>

#include "dataset/order.h"
#include "support/address_space.h"

namespace cairn {
namespace {

constexpr int64_t kSize = 23;

Sample make_sample(int64_t epoch, int64_t position, cv::Size size = {12, 8}) {
  Sample sample;
  sample.index = EpochOrder(1, epoch, kSize, Shuffle::On).at(position);
  Rng rng({static_cast<uint64_t>(epoch), static_cast<uint64_t>(position)});
  sample.image.create(size, CV_8UC3);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < 3 * size.width; ++x) sample.image.ptr(y)[x] = static_cast<uint8_t>(rng.next_u32());
  }
  for (int64_t i = rng.below(3); i > 0; --i) sample.boxes.push_back({1, 2, 7, 6, static_cast<int32_t>(i), 0, 24});
  return sample;
}

LoaderOptions options(int64_t workers) {
  LoaderOptions out;
  out.size = kSize;
  out.batch_size = 4;
  out.epochs = 3;
  out.workers = workers;
  out.shape = [](int64_t, int64_t) { return cv::Size(12, 8); };
  out.name = [](int64_t index) { return cat("picture-", index); };
  return out;
}

Loader loader(int64_t workers) {
  return Loader(options(workers), [](int64_t epoch, int64_t position) { return make_sample(epoch, position); });
}

std::vector<Batch> run(Loader& from, int64_t batches) {
  std::vector<Batch> out;
  for (int64_t i = 0; i < batches; ++i) out.push_back(from.next());
  return out;
}

void expect_equal(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.position, b.position);
  EXPECT_TRUE(at::equal(a.images_BCHW, b.images_BCHW));
  EXPECT_TRUE(at::equal(a.rows_N6, b.rows_N6));
  ASSERT_EQ(a.infos.size(), b.infos.size());
  for (size_t i = 0; i < a.infos.size(); ++i) EXPECT_EQ(a.infos[i].name, b.infos[i].name);
}

TEST(Loader, GivesTheSameBitsWithAnyNumberOfWorkers) {
  Loader alone = loader(0);
  const auto expected = run(alone, 18);
  for (int64_t workers : {1, 2, 7}) {
    Loader many = loader(workers);
    const auto found = run(many, 18);
    for (size_t i = 0; i < found.size(); ++i) expect_equal(found[i], expected[i]);
    EXPECT_THROW(many.next(), Error);
  }
  EXPECT_THROW(alone.next(), Error);
}

TEST(Loader, PutsRgbPlanesAndNormalisedRows) {
  LoaderOptions one = options(0);
  one.size = one.batch_size = 2;
  Loader loader(one, [](int64_t, int64_t position) {
    Sample sample;
    sample.index = 5 + position;
    sample.image = cv::Mat(8, 12, CV_8UC3, cv::Scalar(10, 20, 30));
    sample.boxes = {{3, 2, 9, 6, 4, 0, 24}, {0, 0, 12, 8, 1, kCrowd, 96}};
    return sample;
  });
  const Batch batch = loader.next();
  EXPECT_EQ(batch.images_BCHW.sizes(), (at::IntArrayRef{2, 3, 8, 12}));
  EXPECT_TRUE(batch.images_BCHW.is_contiguous());
  for (int64_t channel = 0; channel < 3; ++channel) {
    EXPECT_TRUE(batch.images_BCHW.select(1, channel).eq(30 - 10 * channel).all().item<bool>());
  }
  const at::Tensor row = at::tensor({1.0F, 4.0F, 0.5F, 0.5F, 0.5F, 0.5F});
  EXPECT_EQ(batch.rows_N6.size(0), 2);
  EXPECT_TRUE(at::equal(batch.rows_N6[1], row));
  EXPECT_EQ(batch.infos[1].name, "picture-6");
  EXPECT_EQ(batch.infos[1].boxes.size(), 2u);
}

TEST(Loader, SeeksToAnyPosition) {
  Loader straight = loader(0);
  const auto expected = run(straight, 18);
  for (int64_t workers : {0, 2}) {
    Loader jumping = loader(workers);
    for (const auto& [epoch, batch] : {std::pair{1, 3}, {0, 0}, {2, 5}, {0, 6}, {1, 0}}) {
      jumping.seek(epoch, batch);
      expect_equal(jumping.next(), expected[static_cast<size_t>(epoch * 6 + batch)]);
    }
    jumping.seek(2, 6);
    EXPECT_THROW(jumping.next(), Error);
    EXPECT_THROW(jumping.seek(0, 7), Error);
  }
}

TEST(Loader, KeepsALastBatchThatIsNotFull) {
  Loader keep = loader(0);
  EXPECT_EQ(keep.batches_per_epoch(), 6);
  keep.seek(0, 5);
  EXPECT_EQ(keep.next().images_BCHW.size(0), 3);
}

TEST(Loader, ShapesMayChangeFromBatchToBatch) {
  for (int64_t workers : {0, 2}) {
    LoaderOptions changing = options(workers);
    const auto shape = [](int64_t epoch, int64_t batch) {
      return cv::Size(8 + static_cast<int>((epoch + batch) % 3) * 4, 8);
    };
    changing.shape = shape;
    Loader loader(changing, [&](int64_t epoch, int64_t position) {
      return make_sample(epoch, position, shape(epoch, position / 4));
    });
    for (int i = 0; i < 18; ++i) {
      const Batch batch = loader.next();
      EXPECT_EQ(batch.images_BCHW.size(3), shape(batch.epoch, batch.position).width);
    }
  }
}

TEST(Loader, UsesMemoryAgainOnlyWhenNobodyHoldsIt) {
  for (int64_t workers : {0, 2}) {
    Loader from = loader(workers);
    std::set<const void*> blocks;
    const at::Tensor held = from.next().images_BCHW.select(0, 1);
    const at::Tensor copy = held.clone();
    for (int i = 0; i < 17; ++i) blocks.insert(from.next().images_BCHW.data_ptr());
    EXPECT_TRUE(at::equal(held, copy));
    EXPECT_LE(blocks.size(), 4u);
  }
}

TEST(Loader, HandsOverWhatASampleThrewWithItsName) {
  for (int64_t workers : {0, 1, 2, 7}) {
    Loader loader(options(workers), [](int64_t epoch, int64_t position) {
      if (epoch == 0 && position >= 9 && position < 12) fail(Code::DataLoss, "sample ", position, " is broken");
      return make_sample(epoch, position);
    });
    run(loader, 2);
    try {
      loader.next();
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::DataLoss);
      EXPECT_THAT(error.what(), testing::HasSubstr("sample 9 is broken"));
      EXPECT_THAT(error.what(), testing::HasSubstr("while making sample 9 of epoch 0"));
    }
    EXPECT_EQ(loader.next().position, 3);
  }
}

TEST(Loader, NamesASampleOfTheWrongSizeAndAShapeThatCannotBe) {
  for (int64_t workers : {0, 2}) {
    Loader wrong(options(workers), [](int64_t epoch, int64_t position) {
      return make_sample(epoch, position, {9, 9});
    });
    try {
      wrong.next();
      FAIL();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("picture-"));
    }
    LoaderOptions empty = options(workers);
    empty.shape = [](int64_t, int64_t) { return cv::Size(); };
    Loader none(empty, [](int64_t epoch, int64_t position) { return make_sample(epoch, position); });
    EXPECT_THROW(none.next(), Error);
  }
}

TEST(Loader, NeverRunsFurtherAheadThanAllowed) {
  std::mutex mutex;
  std::condition_variable changed;
  std::set<int64_t> begun;
  LoaderOptions two = options(3);
  two.prefetch_batches = 1;
  two.size = 400;
  Loader loader(two, [&](int64_t epoch, int64_t position) {
    const std::lock_guard lock(mutex);
    begun.insert(position);
    changed.notify_all();
    return make_sample(epoch, position % kSize);
  });
  loader.next();
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return begun.size() >= 12; });  // the batch handed out, and two more
  EXPECT_LT(*begun.rbegin(), 12);
}

TEST(Loader, MayBeDestroyedAtAnyMoment) {
  std::atomic<int> alive{0};
  for (int taken = 0; taken < 20; ++taken) {
    Loader loader(options(3), [&](int64_t epoch, int64_t position) {
      ++alive;
      Sample sample = make_sample(epoch, position);
      --alive;
      return sample;
    });
    if (taken > 0) run(loader, taken % 5);
    if (taken % 3 == 0) loader.seek(taken % 2, 2);
  }
  EXPECT_EQ(alive, 0);
}

// In a process of its own, since it leaves no room for another thread's stack.
TEST(Loader, WorksOnWithTheThreadsThatThereAre) {
  if (!test::kAddressSpaceMayEnd) GTEST_SKIP() << "with a sanitizer";
  EXPECT_EXIT(
      {
        test::leave_address_space(4u << 20);
        Loader many = loader(4);
        _exit(run(many, 18).size() == 18 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(Loader, RefusesOptionsThatMakeNoSense) {
  const auto make = [](int64_t epoch, int64_t position) { return make_sample(epoch, position); };
  LoaderOptions bad = options(0);
  bad.size = 0;
  EXPECT_THROW(Loader(bad, make), Error);
  bad = options(0);
  bad.shape = nullptr;
  EXPECT_THROW(Loader(bad, make), Error);
}

}  // namespace
}  // namespace cairn
