// What is refused on a resume because it would change results, and what is accepted when it is asked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "e2e/cairn_process.h"

namespace cairn::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

// Each test has a run that was stopped after its first iteration.
class Differences : public ::testing::Test {
 protected:
  void SetUp() override {
    const Ended end = train({"--set", "run.time=0.001"});
    ASSERT_EQ(end.exit_code, 75) << end.errors;
  }
  Ended train(std::vector<std::string> more = {}) {
    return run_cairn(tiny_.folder(), tiny_.train("run", std::move(more)));
  }
  TinyRun tiny_;
};

TEST_F(Differences, EveryOneIsNamedWithItsFlagAndNothingIsChanged) {
  const std::vector<std::string> changed{"--set", "optimizer.lr=0.5",  "--set", "model.variant=custom",
                                         "--set", "train.clip_norm=3", "--set", "run.threads=2"};
  const Ended refused = train(changed);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.errors, HasSubstr("optimizer.lr: the snapshot has 0.01, now it is 0.5   (--allow pipeline)"));
  EXPECT_THAT(refused.errors, HasSubstr("train.clip_norm"));
  EXPECT_THAT(refused.errors, HasSubstr("threads: the snapshot has 1, now it is 2   (--allow threads)"));
  EXPECT_EQ(tiny_.iterations_done("run"), 1);
  std::vector<std::string> allowed = changed;
  allowed.insert(allowed.end(), {"--allow", "pipeline", "--allow", "threads"});
  const Ended end = train(allowed);
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("no longer exact: optimizer.lr"));
  EXPECT_EQ(tiny_.iterations_done("run"), 9);
}

TEST_F(Differences, AnotherOptimizerAndAnAverageBeginAnewWhenTheyAreAllowed) {
  const Ended end =
      train({"--allow", "pipeline", "--allow", "plugins", "--set", "optimizer.type=adamw", "--set", "train.ema=false"});
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  const Ended longer = train(
      {"--allow", "pipeline", "--set", "optimizer.type=adamw", "--set", "train.ema=true", "--set", "run.epochs=4"});
  EXPECT_EQ(longer.exit_code, 0) << longer.errors;
  EXPECT_EQ(tiny_.iterations_done("run"), 12);
}

TEST_F(Differences, ThreadsComeFromTheSnapshotWhenThePipelineLeavesThemOpen) {
  const Ended end = train({"--set", "run.threads=auto"});
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  const std::string digest = tiny_.digest("run");
  ASSERT_EQ(run_cairn(tiny_.folder(), tiny_.train("straight")).exit_code, 0);
  EXPECT_EQ(digest, tiny_.digest("straight"));
}

TEST_F(Differences, MorePicturesAreAnotherSetAndLongerEpochs) {
  const fs::path folder = tiny_.folder();
  for (const char* kind : {"images", "labels"}) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder / kind / "train")) files.push_back(entry.path());
    for (const fs::path& file : files) fs::copy_file(file, file.parent_path() / ("more_" + file.filename().string()));
  }
  const Ended refused = train();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.errors, HasSubstr("training set"));
  EXPECT_THAT(refused.errors, HasSubstr("--allow dataset"));
  const Ended end = train({"--allow", "dataset"});
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_EQ(tiny_.iterations_done("run"), 3 * 6);
}

TEST_F(Differences, LargerBatchesAreShorterEpochs) {
  ASSERT_EQ(train({"--set", "run.epochs=2"}).exit_code, 0);
  const Ended end = train({"--allow", "pipeline", "--set", "dataset.batch_size=12"});
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_EQ(tiny_.iterations_done("run"), 2 * 3 + 1);
}

}  // namespace
}  // namespace cairn::test
