// What a model is given before its first iteration.
#include "train/beginning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/teacher.h>

#include "framework/train/toy_stages.h"
#include "support/keeping_log.h"

namespace cairn::test {
namespace {

using ::testing::HasSubstr;

// Notes what it is given.
class AskingDetector final : public Model, public DatasetStatistics, public Teacher {
 public:
  torch::nn::Module& module() override { return module_; }
  std::vector<at::Tensor> forward(const at::Tensor& images) override { return {images}; }
  LossTerms loss(const std::vector<at::Tensor>&, const Targets&, const Progress&) override { return {}; }
  at::Tensor decode(const std::vector<at::Tensor>& outputs) override { return outputs[0]; }
  GroupKind group_of(std::string_view, const at::Tensor&) const override { return GroupKind::Decay; }
  void* extension(std::string_view id) override {
    if (id == kDatasetStatisticsExtension) return static_cast<DatasetStatistics*>(this);
    return id == kTeacherExtension ? static_cast<Teacher*>(this) : nullptr;
  }
  void take_box_sizes(std::span<const BoxSize> boxes) override { sizes.assign(boxes.begin(), boxes.end()); }
  std::string teacher_file() const override { return "teacher.pt"; }
  void take_teacher(const std::vector<std::pair<std::string, at::Tensor>>& weights) override { lesson = weights; }

  std::vector<BoxSize> sizes;
  std::vector<std::pair<std::string, at::Tensor>> lesson;

 private:
  ToyModule module_{1};
};

class TwoPictures final : public Dataset {
 public:
  int64_t size() const override { return 2; }
  ClassNames classes() const override { return {"toy"}; }
  Record at(int64_t index) const override {
    Record record;
    record.width = index == 0 ? 100 : 50;
    record.height = index == 0 ? 50 : 200;
    Box box;
    box.x1 = box.y1 = 10;
    box.x2 = 30;
    box.y2 = 20;
    record.boxes.assign(index == 0 ? 1 : 2, box);
    return record;
  }
  std::string fingerprint() const override { return "two"; }
  const std::vector<Problem>& problems() const override { return problems_; }

 private:
  std::vector<Problem> problems_;
};

TensorFile toy_weights(const std::string&) {
  return {{{"conv.weight", at::ones({4, 3, 3, 3})}, {"conv.wieght", at::ones({1})}, {"norm.bias", at::ones({7})}}, {}};
}

TEST(BoxSizes, AreInPixelsOfThePictureAsItIsTrained) {
  const std::vector<BoxSize> sizes = box_sizes(TwoPictures(), 320);
  ASSERT_EQ(sizes.size(), 3U);
  EXPECT_EQ(sizes[0].image, 0);
  EXPECT_DOUBLE_EQ(sizes[0].width, 64);
  EXPECT_DOUBLE_EQ(sizes[0].height, 32);
  EXPECT_EQ(sizes[2].image, 1);
  EXPECT_DOUBLE_EQ(sizes[2].width, 32);
}

TEST(Beginning, GivesTheModelWhatItAsksFor) {
  AskingDetector model;
  test::KeepingLog log;
  hand_over_what_it_asks_for(model, TwoPictures(), 100, toy_weights, log);
  EXPECT_EQ(model.sizes.size(), 3U);
  ASSERT_EQ(model.lesson.size(), 3U);
  EXPECT_EQ(model.lesson[0].first, "conv.weight");
  EXPECT_THAT(log.text(), HasSubstr("teacher: weights of teacher.pt"));
}

TEST(Beginning, ReadsNothingForAModelThatAsksForNothing) {
  ToyDetector model(1);
  const auto fails = [](const std::string&) -> TensorFile { fail(Code::Internal, "was read"); };
  hand_over_what_it_asks_for(model, TwoPictures(), 100, fails, null_logger());
}

TEST(InitialWeights, AreTakenAsFarAsTheyFitAndTheRestIsNamed) {
  ToyDetector model(1);
  test::KeepingLog log;
  load_initial_weights(model, "w.pt", toy_weights, log);
  EXPECT_TRUE(at::all(model.module().named_parameters()["conv.weight"] == 1).item<bool>());
  EXPECT_THAT(log.text(), HasSubstr("w.pt: 1 of 6 taken; 5 kept as initialised, 2 of the file unused"));
  EXPECT_THAT(log.text(), HasSubstr("norm.bias: kept as initialised: the network has shape [4], the file [7]"));
  EXPECT_THAT(log.text(), HasSubstr("conv.wieght: of the file, not used: not in the network"));
}

TEST(InitialWeights, OfAnotherNetworkAreRefused) {
  ToyDetector model(1);
  const auto others = [](const std::string&) { return TensorFile{{{"layer", at::ones({1})}}, {}}; };
  try {
    load_initial_weights(model, "w.pt", others, null_logger());
    FAIL() << "was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::InvalidArgument);
    EXPECT_THAT(error.message(), HasSubstr("nothing of it fits"));
  }
}

}  // namespace
}  // namespace cairn::test
