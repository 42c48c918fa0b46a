// What holds for every augmentation, whatever it does.
#include <thread>

#include "samples.h"
#include "support/files.h"

namespace cairn::test {
namespace {

struct Case {
  std::string name, type;
  Table params;
  bool keeps_size;  // else the output has the size of the context, or twice as much
};

std::vector<Case> all_cases() {
  return {
      {"mosaic", "mosaic", {}, false},
      {"mosaic_nine", "mosaic", {{"tiles", 9}}, false},
      {"mosaic_sometimes_nine", "mosaic", {{"nine_probability", 0.5}}, false},
      {"mixup", "mixup", {}, true},
      {"cutmix", "cutmix", {}, true},
      {"copy_paste", "copy_paste", {{"share", 1.0}, {"max_overlap", 1.0}}, true},
      {"copy_paste_partner", "copy_paste", {{"share", 1.0}, {"source", "partner"}}, true},
      {"random_perspective", "random_perspective", {}, false},
      {"random_perspective_all",
       "random_perspective",
       {{"degrees", 45.0}, {"shear", 10.0}, {"perspective", 0.001}, {"scale", 0.9}, {"translate", 0.4}},
       false},
      {"hsv", "hsv", {}, true},
      {"hsv_additive", "hsv", {{"hue", 1.0}, {"saturation", 1.0}, {"value", 1.0}, {"hue_rule", "additive"}}, true},
      {"flip", "flip", {{"horizontal", 0.5}, {"vertical", 0.5}}, true},
      {"letterbox", "letterbox", {}, false},
      {"blur", "blur", {}, true},
      {"median_blur", "median_blur", {}, true},
      {"grayscale", "grayscale", {}, true},
      {"clahe", "clahe", {}, true},
      {"jpeg", "jpeg", {}, true},
      {"noise", "noise", {}, true},
      {"random_erase", "random_erase", {{"count", 3}, {"fill", "noise"}}, true},
  };
}

class EveryStage : public testing::TestWithParam<Case> {
 protected:
  std::unique_ptr<Augmentation> stage_ = make_stage(GetParam().type, GetParam().params);
  AugmentContext context_ = context_of({96, 64});
  std::vector<Sample> partners_;

  void offer_partners(cv::Size size, int objects) {
    for (uint64_t i = 1; i <= 8; ++i) partners_.push_back(made_up_sample(size, objects, i));
  }
  Sample run(const Sample& sample, uint64_t key) const {
    return applied(*stage_, sample, partners_, context_, Rng{key});
  }
};

TEST_P(EveryStage, GivesValidLabelsOnManyKeys) {
  offer_partners({96, 64}, 6);
  const Sample sample = made_up_sample({96, 64}, 6, 0);
  for (uint64_t key = 0; key < 60; ++key) {
    const Sample out = run(sample, key);
    expect_valid(out);
    if (GetParam().keeps_size) {
      EXPECT_EQ(out.image.size(), sample.image.size());
    }
    EXPECT_EQ(out.index, sample.index);
    for (const Box& box : out.boxes) EXPECT_LT(box.class_id % 100, 6);
  }
}

TEST_P(EveryStage, SameKeySameOutputOnAnyThread) {
  offer_partners({80, 60}, 5);
  const Sample sample = made_up_sample({96, 48}, 5, 0);
  std::vector<Sample> first, second(8);
  for (uint64_t key = 0; key < 8; ++key) first.push_back(run(sample, key));
  std::thread even([&] {
    for (int key = 6; key >= 0; key -= 2) second[key] = run(sample, key);
  });
  std::thread odd([&] {
    for (int key = 1; key < 8; key += 2) second[key] = run(sample, key);
  });
  even.join();
  odd.join();
  for (int key = 0; key < 8; ++key) {
    EXPECT_TRUE(same_pixels(first[key].image, second[key].image)) << key;
    ASSERT_EQ(first[key].boxes.size(), second[key].boxes.size());
    for (size_t i = 0; i < first[key].boxes.size(); ++i) {
      EXPECT_EQ(first[key].boxes[i].x1, second[key].boxes[i].x1);
      EXPECT_EQ(first[key].boxes[i].y2, second[key].boxes[i].y2);
      EXPECT_EQ(first[key].boxes[i].class_id, second[key].boxes[i].class_id);
    }
  }
}

TEST_P(EveryStage, LeavesSharedPixelsAlone) {
  offer_partners({96, 64}, 4);
  const Sample sample = made_up_sample({96, 64}, 4, 0);
  const cv::Mat before = sample.image.clone();
  std::vector<cv::Mat> partners_before;
  for (const Sample& partner : partners_) partners_before.push_back(partner.image.clone());
  for (uint64_t key = 0; key < 20; ++key) run(sample, key);
  EXPECT_TRUE(same_pixels(sample.image, before));
  for (size_t i = 0; i < partners_.size(); ++i) EXPECT_TRUE(same_pixels(partners_[i].image, partners_before[i]));
}

TEST_P(EveryStage, LeavesPixelsOfARegionAlone) {
  offer_partners({96, 64}, 4);
  const cv::Mat whole = made_up_sample({200, 100}, 0, 9).image;
  const cv::Mat before = whole.clone();
  Sample sample = made_up_sample({96, 64}, 4, 0);
  sample.image = whole(cv::Rect(10, 20, 96, 64));
  Sample alone = sample;
  alone.image = sample.image.clone();
  for (uint64_t key = 0; key < 5; ++key) {
    const Sample out = run(sample, key);
    expect_valid(out);
    EXPECT_TRUE(same_pixels(out.image, run(alone, key).image));  // what lies around the region does not matter
  }
  EXPECT_TRUE(same_pixels(whole, before));
}

TEST_P(EveryStage, WorksWithoutBoxes) {
  offer_partners({96, 64}, 0);
  for (uint64_t key = 0; key < 10; ++key) {
    const Sample out = run(made_up_sample({96, 64}, 0, 0), key);
    expect_valid(out);
    EXPECT_TRUE(out.boxes.empty());
  }
}

TEST_P(EveryStage, WorksWithoutPolygons) {
  offer_partners({96, 64}, 3);
  for (Sample& partner : partners_) partner.polygons.clear();
  Sample sample = made_up_sample({96, 64}, 3, 0);
  sample.polygons.clear();
  for (uint64_t key = 0; key < 10; ++key) {
    const Sample out = run(sample, key);
    expect_valid(out);
    EXPECT_TRUE(out.polygons.empty());
  }
}

TEST_P(EveryStage, WorksOnOnePixel) {
  offer_partners({1, 1}, 1);
  for (uint64_t key = 0; key < 10; ++key) expect_valid(run(made_up_sample({1, 1}, 1, 0), key));
}

TEST_P(EveryStage, WorksOnExtremeProportions) {
  offer_partners({1, 500}, 2);
  for (uint64_t key = 0; key < 10; ++key) expect_valid(run(made_up_sample({700, 2}, 2, 0), key));
}

TEST_P(EveryStage, WorksOnAOnePixelOutput) {
  offer_partners({96, 64}, 2);
  context_.output = {1, 1};
  for (uint64_t key = 0; key < 10; ++key) expect_valid(run(made_up_sample({96, 64}, 2, 0), key));
}

INSTANTIATE_TEST_SUITE_P(All, EveryStage, testing::ValuesIn(all_cases()),
                         [](const auto& info) { return info.param.name; });

TEST(EveryStageList, CoversWhatIsInstalled) {
  Registry registry;
  registry.add_folder(plugin_dir());
  for (const std::string& type : registry.types(Kind::Augmentation)) {
    const auto cases = all_cases();
    EXPECT_TRUE(std::any_of(cases.begin(), cases.end(), [&](const Case& c) { return c.type == type; })) << type;
  }
  EXPECT_EQ(registry.types(Kind::Augmentation).size(), 15u);
}

}  // namespace
}  // namespace cairn::test
