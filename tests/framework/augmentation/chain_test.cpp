#include "augmentation/chain.h"

#include <atomic>
#include <cmath>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn {
namespace {

// Writes down what it was given: pixels are (index, random byte, number of stages so far), boxes are partners' indices.
class Recorder : public Augmentation {
 public:
  explicit Recorder(int partners = 0) : partners_(partners) {}
  int partners(const AugmentContext&, Rng&) const override { return partners_; }
  Sample apply(Sample sample, std::span<const Sample> partners, const AugmentContext&, Rng& rng) const override {
    auto& pixel = sample.writable().at<cv::Vec3b>(0, 0);
    pixel[1] = static_cast<uint8_t>(pixel[1] * 31 + rng.next_u32());
    ++pixel[2];
    for (const Sample& partner : partners) {
      const auto& other = partner.image.at<cv::Vec3b>(0, 0);
      sample.boxes.push_back({0, 0, 1, 1, static_cast<int32_t>(partner.index), other[1], static_cast<float>(other[2])});
    }
    return sample;
  }

 private:
  int partners_;
};

Stage stage(const std::string& type, int partners = 0) {
  Stage out;
  out.plugin = std::make_shared<Recorder>(partners);
  out.type = type;
  return out;
}

Sample base(int64_t index) {
  Sample sample;
  sample.image = cv::Mat(2, 2, CV_8UC3, cv::Scalar(static_cast<double>(index), 0, 0));
  return sample;
}

Chain chain(std::vector<Stage> stages, uint64_t seed = 1) {
  return Chain(std::move(stages), seed, base, 100);
}

std::string text_of(const Sample& sample) {
  const auto& pixel = sample.image.at<cv::Vec3b>(0, 0);
  std::string text =
      cat(sample.index, "/", int{pixel[0]}, "/", int{pixel[1]}, "/", int{pixel[2]}, "/", sample.applied.stages);
  for (const Box& box : sample.boxes) text += cat(" ", box.class_id, ":", int{box.flags}, ":", box.area);
  return text;
}

AugmentContext at_epoch(int64_t epoch, int64_t epochs = 100) {
  AugmentContext context;
  context.epoch = epoch;
  context.epochs = epochs;
  return context;
}

TEST(Chain, AppliesStagesInOrderAndSaysWhich) {
  const Chain made = chain({stage("a"), stage("b")});
  const Sample sample = made.make(42, 0, 0, at_epoch(0));
  EXPECT_EQ(sample.index, 42);
  EXPECT_EQ(sample.image.at<cv::Vec3b>(0, 0)[2], 2);
  EXPECT_EQ(sample.applied.stages, 3u);
}

TEST(Chain, ASampleIsAFunctionOfItsKey) {
  std::vector<Stage> stages = {stage("mosaic", 3), stage("hsv"), stage("mixup", 1)};
  stages[2].probability = 0.5;
  const Chain one = chain(stages), two = chain(stages), other_seed = chain(stages, 2);
  std::vector<std::string> expected;
  for (int64_t position = 0; position < 50; ++position)
    expected.push_back(text_of(one.make(position % 7, 3, position, at_epoch(3))));
  int differ = 0;
  for (int64_t position = 49; position >= 0; --position) {
    EXPECT_EQ(text_of(two.make(position % 7, 3, position, at_epoch(3))), expected[static_cast<size_t>(position)]);
    differ +=
        text_of(other_seed.make(position % 7, 3, position, at_epoch(3))) != expected[static_cast<size_t>(position)];
    differ += text_of(one.make(position % 7, 4, position, at_epoch(3))) != expected[static_cast<size_t>(position)];
  }
  EXPECT_GT(differ, 98);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int64_t p = 0; p < 50; ++p)
        wrong += text_of(one.make(p % 7, 3, p, at_epoch(3))) != expected[static_cast<size_t>(p)];
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Chain, PartnersPassThePrecedingStagesWithRandomnessOfTheirOwn) {
  const Chain made = chain({stage("a"), stage("b"), stage("mosaic", 8), stage("later")});
  const Sample sample = made.make(1, 0, 0, at_epoch(0));
  ASSERT_EQ(sample.boxes.size(), 8u);
  std::set<int> random;
  std::set<int> drawn;
  for (const Box& box : sample.boxes) {
    EXPECT_EQ(box.area, 2);  // "a" and "b", not "mosaic" or "later"
    random.insert(box.flags);
    drawn.insert(box.class_id);
  }
  EXPECT_GT(random.size(), 4u);
  EXPECT_GT(drawn.size(), 4u);
}

TEST(Chain, TwoStagesOfOneTypeDrawDifferently) {
  const Sample once = chain({stage("a")}).make(0, 0, 0, at_epoch(0));
  const Sample twice = chain({stage("a"), stage("a")}).make(0, 0, 0, at_epoch(0));
  const uint8_t first = once.image.at<cv::Vec3b>(0, 0)[1], both = twice.image.at<cv::Vec3b>(0, 0)[1];
  EXPECT_NE(static_cast<uint8_t>(both - first * 31), first);
}

TEST(Chain, AnAddedStageLeavesTheOthersTheirNumbers) {
  const auto random_of = [](const Sample& sample) { return sample.image.at<cv::Vec3b>(0, 0)[1]; };
  for (int64_t position = 0; position < 20; ++position) {
    Stage never = stage("never");
    never.probability = 0;
    EXPECT_EQ(random_of(chain({stage("a")}).make(0, 0, position, at_epoch(0))),
              random_of(chain({never, stage("a")}).make(0, 0, position, at_epoch(0))));
  }
}

TEST(Chain, ProbabilityHoldsOnAverage) {
  Stage sometimes = stage("a");
  sometimes.probability = 0.3;
  const Chain made = chain({sometimes});
  int applied = 0;
  for (int64_t position = 0; position < 2000; ++position)
    applied += made.make(0, 0, position, at_epoch(0)).applied.has(0);
  EXPECT_NEAR(applied, 600, 5 * std::sqrt(2000 * 0.3 * 0.7));
}

TEST(Chain, OnlyAfterFollowsTheNamedStage) {
  Stage mosaic = stage("mosaic"), mixup = stage("mixup");
  mosaic.probability = 0.5;
  mixup.only_after = "mosaic";
  const Chain made = chain({mosaic, mixup});
  int applied = 0;
  for (int64_t position = 0; position < 200; ++position) {
    const Applied flags = made.make(0, 0, position, at_epoch(0)).applied;
    EXPECT_EQ(flags.has(0), flags.has(1));
    applied += flags.has(1);
  }
  EXPECT_GT(applied, 50);
  EXPECT_LT(applied, 150);
  mixup.only_after = "ghost";
  EXPECT_THROW(chain({mosaic, mixup}), Error);
  EXPECT_THROW(chain(std::vector<Stage>(65, mosaic)), Error);
}

TEST(Chain, LastEpochsAreOff) {
  Stage closing = stage("a");
  closing.last_epochs_off = 10;
  const Chain made = chain({closing});
  EXPECT_TRUE(made.make(0, 89, 0, at_epoch(89)).applied.has(0));
  EXPECT_FALSE(made.make(0, 90, 0, at_epoch(90)).applied.has(0));
  EXPECT_FALSE(made.make(0, 0, 0, at_epoch(0, 5)).applied.has(0));
}

TEST(Chain, NamesAStageThatThrowsOrBreaksItsContract) {
  struct Throws : Augmentation {
    Sample apply(Sample, std::span<const Sample>, const AugmentContext&, Rng&) const override {
      throw std::runtime_error("bang");
    }
  };
  struct Loses : Augmentation {
    Sample apply(Sample sample, std::span<const Sample>, const AugmentContext&, Rng&) const override {
      sample.polygons.resize(3);
      return sample;
    }
  };
  Stage bad = stage("spoiler");
  for (const std::shared_ptr<const Augmentation>& plugin :
       {std::shared_ptr<const Augmentation>(std::make_shared<Throws>()),
        std::shared_ptr<const Augmentation>(std::make_shared<Loses>())}) {
    bad.plugin = plugin;
    try {
      chain({bad}).make(0, 0, 0, at_epoch(0));
      FAIL();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("augmentation spoiler"));
    }
  }
}

}  // namespace
}  // namespace cairn
