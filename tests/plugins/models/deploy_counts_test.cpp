// What facts.md of the families say of the steps on the way to the deployed model, for 80 classes.
#include <gtest/gtest.h>

#include "common/inspection.h"
#include "plugins/models/sizes.h"

namespace cairn {
namespace {

struct Step {
  std::string family, variant, count;
  int64_t parameters;
  std::string entries{};
  int64_t state_entries = 0;
  friend void PrintTo(const Step& step, std::ostream* out) { *out << step.family << " " << step.variant; }
};

class DeploySteps : public testing::TestWithParam<Step> {};

TEST_P(DeploySteps, HaveThePublishedSizes) {
  const Step& step = GetParam();
  if (step.parameters > kQuickElements && std::getenv("CAIRN_TEST_ALL") == nullptr)
    GTEST_SKIP() << "set CAIRN_TEST_ALL: a large variant";
  const auto model = make_sized(step.family, step.variant);
  const Table counts = static_cast<models::Inspection*>(model->extension(models::kInspection))->deploy_counts();
  EXPECT_EQ(counts.at(step.count).integer(), step.parameters);
  if (!step.entries.empty()) {
    EXPECT_EQ(counts.at(step.entries).integer(), step.state_entries);
  }
}

Step graph(const char* variant, int64_t parameters) {
  return {"yolov7", variant, "parameters_deploy_graph", parameters};
}
Step fused(const char* variant, int64_t parameters, int64_t entries) {
  return {"yolov9", variant, "rep_fused_parameters", parameters, "rep_fused_state_entries", entries};
}
Step alone(const char* variant, int64_t parameters) {
  return {"yolov10", variant, "parameters", parameters};
}

INSTANTIATE_TEST_SUITE_P(
    All, DeploySteps,
    testing::Values(graph("tiny", 6227101), graph("v7", 37620125), graph("x", 71344389), graph("w6", 70426236),
                    graph("e6", 97246652), graph("d6", 133810044), graph("e6e", 151757244), fused("t", 2413888, 919),
                    fused("s", 7117248, 919), fused("m", 19997380, 747), fused("c", 25311680, 777),
                    fused("e", 57386368, 1331), alone("n", 2310624), alone("s", 7277920), alone("m", 15389968),
                    alone("b", 19101696), alone("l", 24416000), alone("x", 29539408)),
    [](const testing::TestParamInfo<Step>& info) { return info.param.family + "_" + info.param.variant; });

}  // namespace
}  // namespace cairn
