#include "dataset/source.h"

#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "fake_dataset.h"
#include "support/files.h"

namespace cairn {
namespace {

bool equal(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0;
}

TEST(Source, ResizesThePictureAndItsLabels) {
  const test::FakeDataset set(1);  // 40 x 32
  const Source source(set, {.image_size = 80});
  const Sample sample = source.load(0);
  EXPECT_EQ(sample.image.size(), cv::Size(80, 64));
  ASSERT_EQ(sample.boxes.size(), 1u);
  EXPECT_FLOAT_EQ(sample.boxes[0].x2, 20);
  EXPECT_FLOAT_EQ(sample.boxes[0].y1, 8);
  EXPECT_FLOAT_EQ(sample.boxes[0].area, 256);
  EXPECT_EQ(sample.polygons[0].rings[0][2], cv::Point2f(20, 24));
  EXPECT_EQ(sample.mapping.file_width, 40);
  EXPECT_DOUBLE_EQ(sample.mapping.scale_y, 2);
  EXPECT_EQ(source.name(0), "picture-0");
  EXPECT_EQ(source.image_id(0), 100);
}

TEST(Source, ShrinksByTheRuleAskedFor) {
  test::FakeDataset set(1);
  cv::Mat image(90, 120, CV_8UC3);
  cv::randu(image, 0, 255);
  set.records[0].encoded = test::png(image);
  set.records[0].width = 120;
  set.records[0].height = 90;
  cv::Mat linear, area;
  cv::resize(image, linear, {50, 38}, 0, 0, cv::INTER_LINEAR);
  cv::resize(image, area, {50, 38}, 0, 0, cv::INTER_AREA);
  EXPECT_TRUE(equal(Source(set, {.image_size = 50}).load(0).image, linear));
  EXPECT_TRUE(equal(Source(set, {.image_size = 50, .shrink = Shrink::Area}).load(0).image, area));
  EXPECT_TRUE(equal(Source(set, {.image_size = 120}).load(0).image, image));
}

TEST(Source, CachesGiveTheSamePixels) {
  const test::FakeDataset set(7);
  const test::TempFolder folder;
  const Source plain(set, {.image_size = 24});
  const Source ram(set, {.image_size = 24, .cache = CacheKind::Ram});
  const Source disk(set, {.image_size = 24, .cache = CacheKind::Disk, .cache_folder = folder.path()});
  for (int time = 0; time < 2; ++time) {
    for (int64_t i = 0; i < set.size(); ++i) {
      EXPECT_TRUE(equal(ram.load(i).image, plain.load(i).image));
      EXPECT_TRUE(equal(disk.load(i).image, plain.load(i).image));
    }
  }
}

TEST(Source, WritingToASampleLeavesTheCacheAlone) {
  const test::FakeDataset set(1);
  const Source source(set, {.image_size = 24, .cache = CacheKind::Ram});
  const cv::Mat before = source.load(0).image.clone();
  Sample sample = source.load(0);
  sample.writable().setTo(cv::Scalar(1, 2, 3));
  EXPECT_FALSE(equal(sample.image, before));
  EXPECT_TRUE(equal(source.load(0).image, before));
}

TEST(Source, ReadsEachPictureOnceIntoTheRamCache) {
  test::FakeDataset set(2);
  const Source source(set, {.image_size = 24, .cache = CacheKind::Ram});
  const cv::Mat first = source.load(1).image;
  set.records[1].encoded = {std::byte{1}};
  EXPECT_TRUE(equal(source.load(1).image, first));
}

TEST(Source, RefusesARamCacheBeyondItsLimit) {
  const test::FakeDataset set(4);
  try {
    Source(set, {.image_size = 64, .cache = CacheKind::Ram, .ram_limit_bytes = 1000});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::ResourceExhausted);
    EXPECT_THAT(error.what(), testing::HasSubstr("disk"));
  }
  EXPECT_EQ(Source(set, {.image_size = 40}).ram_bytes(), 3u * (40 * 32 + 40 * 27 + 40 * 23 + 40 * 20));
}

TEST(Source, TornFilesOfTheDiskCacheAreMadeAnew) {
  const test::FakeDataset set(1);
  const test::TempFolder folder;
  const SourceOptions options{.image_size = 24, .cache = CacheKind::Disk, .cache_folder = folder.path()};
  const cv::Mat image = Source(set, options).load(0).image;
  std::filesystem::path file;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (entry.is_regular_file()) file = entry.path();
  }
  const std::string whole = test::read_text(file);
  std::string flipped = whole;
  flipped[whole.size() / 2] ^= 1;
  for (const std::string& text : {whole.substr(0, whole.size() - 1), std::string("x"), std::string(), flipped}) {
    test::write_text(file, text);
    EXPECT_TRUE(equal(Source(set, options).load(0).image, image));
    EXPECT_EQ(test::read_text(file), whole);
  }
}

TEST(Source, NamesADamagedPicture) {
  test::FakeDataset set(2);
  set.records[1].encoded.resize(set.records[1].encoded.size() / 2);
  set.records[0].width = 41;
  const Source source(set, {.image_size = 24});
  for (const auto& [index, text] : {std::pair{1, "cannot load picture picture-1"}, {0, "picture-0 has changed"}}) {
    try {
      source.load(index);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::DataLoss);
      EXPECT_THAT(error.what(), testing::HasSubstr(text));
    }
  }
  EXPECT_THROW(source.load(2), Error);
}

TEST(Source, ServesManyThreads) {
  const test::FakeDataset set(16);
  const test::TempFolder folder;
  const Source plain(set, {.image_size = 24});
  for (const CacheKind cache : {CacheKind::Ram, CacheKind::Disk}) {
    const Source source(set, {.image_size = 24, .cache = cache, .cache_folder = folder.path()});
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 48; ++i) wrong += !equal(source.load(i % 16).image, plain.load(i % 16).image);
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
  }
}

}  // namespace
}  // namespace cairn
