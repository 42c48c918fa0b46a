// Requests to save and to stop, and the ends of a run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "e2e/cairn_process.h"

namespace cairn::test {
namespace {

using ::testing::HasSubstr;

class Requests : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    tiny_ = std::make_unique<TinyRun>();
    ASSERT_EQ(run_cairn(tiny_->folder(), tiny_->train("straight", kSeldom)).exit_code, 0);
  }
  static void TearDownTestSuite() { tiny_.reset(); }
  static Ended train(const std::string& run, std::vector<std::string> more = kSeldom) {
    return run_cairn(tiny_->folder(), tiny_->train(run, std::move(more)));
  }
  static void expect_equal(const std::string& run) {
    EXPECT_EQ(tiny_->digest(run), tiny_->digest("straight"));
    EXPECT_EQ(tiny_->journal(run), tiny_->journal("straight"));
  }

  inline static const std::vector<std::string> kSeldom{"--set", "checkpoint.every=[\"1 epoch\"]"};
  static std::vector<std::string> seldom_and(const char* setting) {
    std::vector<std::string> all = kSeldom;
    all.insert(all.end(), {"--set", setting});
    return all;
  }
  static std::unique_ptr<TinyRun> tiny_;
};
std::unique_ptr<TinyRun> Requests::tiny_;

TEST_F(Requests, ASaveOnRequestDoesNotDisturbTheRun) {
  write_text(tiny_->folder() / "runs/asked/save", "");  // seen after the first iteration
  CairnProcess process(tiny_->folder(), tiny_->train("asked", kSeldom));
  ASSERT_TRUE(process.wait_until([&] { return tiny_->has_said("asked", "(file)"); }));
  process.signal(SIGUSR1);
  const Ended end = process.wait();
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("(file)"));
  EXPECT_THAT(end.errors, HasSubstr("(SIGUSR1)"));
  expect_equal("asked");
}

// A picture that is a pipe holds the opening of the set until somebody opens its other end.
TEST_F(Requests, AStopWhileTheDatasetIsOpenedIsSeenBeforeTraining) {
  TinyRun tiny;
  const std::filesystem::path pipe = tiny.folder() / "images/train/endless.jpg";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  CairnProcess process(tiny.folder(), tiny.train("early"));
  int writer = -1;
  ASSERT_TRUE(process.wait_until([&] { return (writer = open(pipe.c_str(), O_WRONLY | O_NONBLOCK)) >= 0; }));
  process.signal(SIGTERM);
  ASSERT_TRUE(process.wait_until(
      [&] { return read_text(tiny.folder() / "stderr.txt").find("stopping") != std::string::npos; }));
  close(writer);
  const Ended end = process.wait();
  EXPECT_EQ(end.exit_code, 75) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("with: cairn train tiny.toml --run early"));
  EXPECT_EQ(tiny.iterations_done("early"), 0);
}

TEST_F(Requests, AReaderOfTheOutputThatIsGoneEndsNothing) {
  CairnProcess process(tiny_->folder(), tiny_->train("unread", kSeldom), {{}, 0, Surroundings::Errors::Unread});
  EXPECT_EQ(process.wait().exit_code, 0);
  expect_equal("unread");
}

TEST_F(Requests, WhatIsSaidToClosedErrorsLandsInNoFile) {
  CairnProcess process(tiny_->folder(), tiny_->train("closed", kSeldom), {{}, 0, Surroundings::Errors::Closed});
  EXPECT_EQ(process.wait().exit_code, 0);
  EXPECT_FALSE(tiny_->has_said("closed", "img/s"));  // the table's header
  expect_equal("closed");
}

TEST_F(Requests, ATerminalThatClosesSavesAndStops) {
  const std::vector<std::string> long_run = seldom_and("run.epochs=1000");
  CairnProcess process(tiny_->folder(), tiny_->train("hung-up", long_run));
  ASSERT_TRUE(process.wait_until([&] { return tiny_->iterations_done("hung-up") >= 1; }));
  process.signal(SIGHUP);
  process.signal(SIGHUP);
  const Ended end = process.wait();
  EXPECT_EQ(end.exit_code, 75) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("stopped by SIGHUP"));
}

TEST_F(Requests, ATimeBudgetStopsWithEverythingSaved) {
  const Ended end = train("timed", seldom_and("run.time=0.001"));
  EXPECT_EQ(end.exit_code, 75) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("stopped by time budget"));
  EXPECT_EQ(tiny_->iterations_done("timed"), 1);
  EXPECT_EQ(train("timed").exit_code, 0);
  expect_equal("timed");
}

TEST_F(Requests, ASecondProcessOnARunIsRefusedAndTheFirstNamed) {
  const std::vector<std::string> long_run = seldom_and("run.epochs=1000");
  CairnProcess first(tiny_->folder(), tiny_->train("twice", long_run));
  ASSERT_TRUE(first.wait_until([&] { return tiny_->iterations_done("twice") >= 1; }));
  TempFolder beside;  // the output of both goes to files in the working folder
  const std::string store = (tiny_->folder() / "runs/store").string(),
                    pipeline = (tiny_->folder() / "tiny.toml").string();
  write_text(beside / "sites/here.toml", "[[checkpoint.backend]]\ntype = \"local\"\npath = \"" + store + "\"\n");
  std::vector<std::string> arguments{"train", pipeline, "--run", "twice", "--site", "sites/here.toml"};
  arguments.insert(arguments.end(), long_run.begin(), long_run.end());
  const Ended second = run_cairn(beside.path(), arguments);
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.errors, HasSubstr("twice"));
  EXPECT_THAT(second.errors, HasSubstr(std::to_string(first.pid())));
  first.signal(SIGTERM);
  EXPECT_EQ(first.wait().exit_code, 75);
}

TEST_F(Requests, PatienceEndsARunAndMorePatienceGoesOn) {
  const std::vector<std::string> impatient = seldom_and("evaluate.patience=1");
  EXPECT_EQ(train("impatient", impatient).exit_code, 0);
  EXPECT_EQ(tiny_->iterations_done("impatient"), 6);  // nothing is found after an epoch or two: no gain
  EXPECT_EQ(train("impatient", impatient).exit_code, 0);
  EXPECT_EQ(tiny_->iterations_done("impatient"), 6);
  EXPECT_EQ(train("impatient").exit_code, 0);
  expect_equal("impatient");
}

TEST_F(Requests, SkippedLossesAreSaidAndTooManyInARowEndTheRun) {
  std::vector<std::string> wild = kSeldom;
  wild.insert(wild.end(),
              {"--set", "optimizer.lr=9e5", "--set", "train.clip_norm=0", "--set", "scheduler.warmup_epochs=0", "--set",
               "train.nonfinite=skip", "--set", "train.max_nonfinite=2"});
  const Ended end = train("wild", wild);
  EXPECT_EQ(end.exit_code, 1) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("its gradients were dropped, training goes on"));
  EXPECT_THAT(end.errors, HasSubstr("the newest snapshot is from before it"));
}

}  // namespace
}  // namespace cairn::test
