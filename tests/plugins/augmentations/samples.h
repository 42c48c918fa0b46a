// Made-up pictures with objects, and stages of the chain through their real libraries.
#pragma once
#include <memory>

#include <gtest/gtest.h>

#include <cairn/augmentation.h>

#include "plugin/registry.h"
#include "support/files.h"

namespace cairn::test {

// The same for the same seed. Every other object has an outline (an octagon that fills the box).
inline Sample made_up_sample(cv::Size size, int objects, uint64_t seed) {
  Rng rng{seed, 77};
  Sample sample;
  sample.image.create(size, CV_8UC3);
  for (int y = 0; y < size.height; ++y) {
    for (int i = 0; i < 3 * size.width; ++i) sample.image.ptr<uint8_t>(y)[i] = static_cast<uint8_t>(rng.below(256));
  }
  for (int i = 0; i < objects; ++i) {
    const float x = static_cast<float>(rng.uniform(0, 0.8 * size.width)),
                y = static_cast<float>(rng.uniform(0, 0.8 * size.height));
    Box box{x, y, x + 0.2f * size.width, y + 0.2f * size.height, static_cast<int32_t>(i + 100 * seed), 0, 0};
    box.area = box.width() * box.height();
    sample.boxes.push_back(box);
    sample.polygons.emplace_back();
    if (i % 2 == 1) continue;
    const float w = box.width(), h = box.height();
    sample.polygons.back().rings.push_back({{x + w / 4, y},
                                            {x + 3 * w / 4, y},
                                            {x + w, y + h / 4},
                                            {x + w, y + 3 * h / 4},
                                            {x + 3 * w / 4, y + h},
                                            {x + w / 4, y + h},
                                            {x, y + 3 * h / 4},
                                            {x, y + h / 4}});
  }
  sample.index = static_cast<int64_t>(seed);
  return sample;
}

inline std::unique_ptr<Augmentation> make_stage(const std::string& type, const Table& params = {}) {
  Registry registry;
  registry.add_folder(plugin_dir());
  return registry.create<Augmentation>(type, params, {});
}

inline AugmentContext context_of(cv::Size output, Phase phase = Phase::Train) {
  AugmentContext context;
  context.output = output;
  context.image_size = output.width;
  context.phase = phase;
  return context;
}

// Partners are drawn by seeds that follow the sample's.
inline Sample applied(const Augmentation& stage, const Sample& sample, const std::vector<Sample>& partners,
                      const AugmentContext& context, Rng rng) {
  const int wanted = stage.partners(context, rng);
  if (wanted > static_cast<int>(partners.size())) fail(Code::Internal, "the test offers too few partners");
  return stage.apply(sample, std::span(partners).first(static_cast<size_t>(wanted)), context, rng);
}

inline bool same_pixels(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

inline void expect_valid(const Sample& sample) {
  ASSERT_EQ(sample.image.type(), CV_8UC3);
  ASSERT_FALSE(sample.image.empty());
  ASSERT_TRUE(sample.polygons.empty() || sample.polygons.size() == sample.boxes.size());
  for (const Box& box : sample.boxes) {
    EXPECT_GE(box.x1, 0);
    EXPECT_GE(box.y1, 0);
    EXPECT_LE(box.x2, sample.image.cols);
    EXPECT_LE(box.y2, sample.image.rows);
    EXPECT_GT(box.width(), 0);
    EXPECT_GT(box.height(), 0);
    EXPECT_GT(box.area, 0);
  }
  for (const Polygon& polygon : sample.polygons) {
    for (const auto& ring : polygon.rings) {
      EXPECT_GE(ring.size(), 3u);
      for (const cv::Point2f& p : ring) {
        EXPECT_TRUE(p.x >= 0 && p.y >= 0 && p.x <= sample.image.cols && p.y <= sample.image.rows) << p;
      }
    }
  }
}

}  // namespace cairn::test
