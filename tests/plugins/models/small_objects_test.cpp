// small_object_assignment against the numbers that facts.md of YOLOv8 and v10 give for the networks of their golden
// files.
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include "golden/subject.h"
#include "support/files.h"

namespace cairn::golden {
namespace {

struct Trained {
  LossTerms loss;
  Table details;
  double term(const std::string& name) const {
    for (const auto& [found, value] : loss.terms) {
      if (found == name) return value.item<double>();
    }
    return -1;
  }
};

int64_t scored(const Value& assignment) {
  return assignment.table().at("foreground_scored").integer();
}

Trained train(const char* golden_file) {
  static Registry registry;
  static const bool once = (registry.add_folder(test::plugin_dir()), true);
  EXPECT_TRUE(once);
  const auto file = nlohmann::json::parse(test::read_text(test::goldens() / golden_file));
  Subject subject(registry, file, "train", {{"small_object_assignment", true}});
  subject.model().module().train();
  const std::vector<at::Tensor> outputs = subject.model().forward(subject.images());
  return {subject.model().loss(outputs, subject.targets(), {}),
          subject.inspection().training_details(outputs, subject.targets())};
}

TEST(SmallObjects, HaveMoreCandidatesInYoloV8) {
  const Trained found = train("yolov8/n.json");
  EXPECT_EQ(scored(found.details.at("assignment")), 95);
  EXPECT_NEAR(found.term("box"), 4.6416, 1e-4);
  EXPECT_NEAR(found.term("cls"), 128.417, 1e-3);
  EXPECT_NEAR(found.term("dfl"), 2.6119, 1e-4);
}

TEST(SmallObjects, HaveMoreCandidatesInBothHeadsOfYoloV10) {
  const Trained found = train("yolov10/n.json");
  const Table& branches = found.details.at("assignment").table();
  EXPECT_EQ(scored(branches.at("one2many")), 92);
  EXPECT_EQ(scored(branches.at("one2one")), 12);
  EXPECT_NEAR(found.loss.total.item<double>(), 1032.93, 1e-2);
}

}  // namespace
}  // namespace cairn::golden
