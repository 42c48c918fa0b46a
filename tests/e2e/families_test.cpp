// A small network of every family, killed and resumed, and what only some of them do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "e2e/cairn_process.h"

namespace cairn::test {
namespace {

struct Family {
  const char* name;
  std::string model;  // keys of its table
  std::vector<std::string> sets;
};

void PrintTo(const Family& family, std::ostream* to) {
  *to << family.name;
}

std::vector<std::string> sets_of(const Family& family) {
  std::vector<std::string> all{"run.iterations=4", "dataset.image_size=64", "dataset.batch_size=2",
                               "train.nominal_batch=4", "scheduler.warmup_min_iterations=2"};
  all.insert(all.end(), family.sets.begin(), family.sets.end());
  std::vector<std::string> arguments;
  for (const std::string& set : all) arguments.insert(arguments.end(), {"--set", set});
  return arguments;
}

Ended train(const TinyRun& tiny, const Family& family, const std::string& run) {
  return run_cairn(tiny.folder(), tiny.train(run, sets_of(family)));
}

// Killed when its first snapshot is published, then continued to its end.
void train_interrupted(const TinyRun& tiny, const Family& family, const std::string& run) {
  const Ended killed =
      run_cairn(tiny.folder(), tiny.train(run, sets_of(family)), {.environment = {{"CAIRN_CRASH_AT", "published:1"}}});
  EXPECT_EQ(killed.signal, SIGKILL) << killed.errors;
  const Ended end = train(tiny, family, run);
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.errors, ::testing::HasSubstr("resumed run"));
}

class Families : public ::testing::TestWithParam<Family> {};

TEST_P(Families, EndEqualAfterAKill) {
  const TinyRun tiny({}, GetParam().model);
  const Ended straight = train(tiny, GetParam(), "straight");
  ASSERT_EQ(straight.exit_code, 0) << straight.errors;
  train_interrupted(tiny, GetParam(), "killed");
  EXPECT_EQ(tiny.digest("killed"), tiny.digest("straight"));
  EXPECT_EQ(tiny.journal("killed"), tiny.journal("straight"));
}

INSTANTIATE_TEST_SUITE_P(
    All, Families,
    ::testing::Values(Family{"v5", "type = \"yolov5\"\nvariant = \"custom\"\nwidth = 0.0625\nautobalance = true", {}},
                      Family{"v5u", "type = \"yolov5u\"\nvariant = \"custom\"\nwidth = 0.0625", {}},
                      Family{"v6", "type = \"yolov6\"\nvariant = \"lite-s\"", {}},
                      Family{"v7", "type = \"yolov7\"\nvariant = \"tiny\"\nwidth = 0.125", {}},
                      Family{"v9", "type = \"yolov9\"\nvariant = \"t\"", {}},
                      Family{"v10", "type = \"yolov10\"\nvariant = \"n\"", {}}),
    [](const auto& info) { return std::string(info.param.name); });

int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Hardly any box is within a tenth of an anchor.
TEST(Anchors, AreChosenOnceAndBelongToTheState) {
  Family family{"v5", "type = \"yolov5\"\nvariant = \"custom\"\nwidth = 0.0625\nanchor_t = 1.1", {}};
  const TinyRun tiny({}, family.model);
  ASSERT_EQ(train(tiny, family, "straight").exit_code, 0);
  train_interrupted(tiny, family, "killed");
  EXPECT_EQ(tiny.digest("killed"), tiny.digest("straight"));
  EXPECT_EQ(count_of(tiny.log("killed"), "anchors:"), 1) << tiny.log("killed");
  EXPECT_EQ(count_of(tiny.log("killed"), "chosen anew"), 1);
}

// The teacher comes from a snapshot and is read once.
TEST(Teachers, ComeFromASnapshotAndBelongToTheState) {
  const std::string model = "type = \"yolov6\"\nvariant = \"n\"\nboxes = \"distribution\"\n";
  Family teacher{"teacher", model, {}};
  const TinyRun tiny({}, model);
  const Ended taught = train(tiny, teacher, "master");
  ASSERT_EQ(taught.exit_code, 0) << taught.errors;
  const Family student{"student", "", {"model.boxes=variant", "model.teacher_weights=snapshot://master@2"}};
  ASSERT_EQ(train(tiny, student, "straight").exit_code, 0);
  train_interrupted(tiny, student, "killed");
  EXPECT_EQ(tiny.digest("killed"), tiny.digest("straight"));
  EXPECT_EQ(count_of(tiny.log("killed"), "teacher: weights of snapshot://master@2"), 1);
}

TEST(Weights, OfASnapshotThatThereIsNotAreSaidToBeMissing) {
  const TinyRun tiny;
  const Ended end = run_cairn(tiny.folder(), tiny.train("new", {"--set", "model.weights=snapshot://nobody"}));
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_THAT(end.errors, ::testing::HasSubstr("nobody"));
  EXPECT_THAT(end.errors, ::testing::HasSubstr("snapshot://nobody"));
}

}  // namespace
}  // namespace cairn::test
