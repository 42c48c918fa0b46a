// An interruption changes nothing: the resumed run ends with the bits and the journal of the uninterrupted one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>

#include "e2e/cairn_process.h"

namespace cairn::test {
namespace {

using ::testing::HasSubstr;

constexpr int kKillsPerRun = 3;

int kills_wanted() {
  return std::getenv("CAIRN_TEST_ALL") != nullptr ? 2001 : 30;
}

class Interruption : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    run_ = std::make_unique<TinyRun>();
    const Ended straight = run_cairn(run_->folder(), run_->train("straight"));
    ASSERT_EQ(straight.exit_code, 0) << straight.errors;
  }
  static void TearDownTestSuite() { run_.reset(); }

  static void expect_equal(const std::string& run) {
    EXPECT_EQ(run_->digest(run), run_->digest("straight"));
    EXPECT_EQ(run_->journal(run), run_->journal("straight"));
  }
  static Ended finish(const std::string& run, std::vector<std::string> more = {}) {
    Ended end = run_cairn(run_->folder(), run_->train(run, std::move(more)));
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    return end;
  }
  // Kills when the journal has so many iterations, a little later.
  static bool kill_after(const std::string& run, int64_t iterations, int signal, std::chrono::microseconds later = {}) {
    CairnProcess process(run_->folder(), run_->train(run));
    const bool reached = process.wait_until([&] { return run_->iterations_done(run) >= iterations; });
    const auto until = std::chrono::steady_clock::now() + later;
    process.wait_until([&] { return std::chrono::steady_clock::now() >= until; });
    process.signal(signal);
    const Ended end = process.wait();
    return reached && end.signal == signal;
  }

  static std::unique_ptr<TinyRun> run_;
};
std::unique_ptr<TinyRun> Interruption::run_;

// Three kills to a run, each a random time after a random iteration, so that they fall into captures, encodings,
// writes, publications, restores and evaluations.
TEST_F(Interruption, ResumesBitByBitAfterKillsAtRandomMoments) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < kills_wanted() / kKillsPerRun; ++i) {
    const std::string run = "killed-" + std::to_string(i);
    std::array<int64_t, kKillsPerRun> iterations;
    for (int64_t& each : iterations) each = std::uniform_int_distribution<int>(0, 8)(random);
    std::sort(iterations.begin(), iterations.end());
    for (const int64_t each : iterations) {
      kill_after(run, each, SIGKILL, std::chrono::microseconds(std::uniform_int_distribution<int>(0, 60000)(random)));
    }
    finish(run);
    SCOPED_TRACE(run);
    expect_equal(run);
    std::filesystem::remove_all(run_->folder() / "runs" / run);
  }
}

TEST_F(Interruption, SurvivesSeveralKillsOfOneRun) {
  for (int64_t iterations : {2, 4, 7}) kill_after("often", iterations, SIGKILL);
  finish("often");
  expect_equal("often");
}

TEST_F(Interruption, SigtermSavesSaysHowToGoOnAndExits75) {
  CairnProcess process(run_->folder(), run_->train("terminated"));
  ASSERT_TRUE(process.wait_until([&] { return run_->iterations_done("terminated") >= 2; }));
  process.signal(SIGTERM);
  const Ended end = process.wait();
  EXPECT_EQ(end.exit_code, 75) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("SIGTERM"));
  const std::string way = "Go on in " + run_->folder().string() + " with: cairn train tiny.toml --run terminated";
  EXPECT_THAT(end.errors, HasSubstr(way));
  EXPECT_TRUE(run_->has_said("terminated", way));  // in log.txt, for whoever has lost the terminal
  EXPECT_THAT(finish("terminated").errors, HasSubstr("resumed run 'terminated' from snapshot"));
  expect_equal("terminated");
}

TEST_F(Interruption, AFileNamedStopIsARequestToStop) {
  CairnProcess process(run_->folder(), run_->train("stopped"));
  ASSERT_TRUE(process.wait_until([&] { return run_->iterations_done("stopped") >= 1; }));
  write_text(run_->folder() / "runs/stopped/stop", "");
  EXPECT_EQ(process.wait().exit_code, 75);
  finish("stopped");
  expect_equal("stopped");
}

TEST_F(Interruption, WorkersAndCachesChangeNoBit) {
  finish("alone", {"--set", "dataset.workers=0"});
  expect_equal("alone");
  finish("many", {"--set", "dataset.workers=4", "--set", "dataset.cache=ram"});
  expect_equal("many");
  finish("disk", {"--set", "dataset.workers=2", "--set", "dataset.cache=disk"});
  expect_equal("disk");
}

TEST_F(Interruption, ADamagedNewestSnapshotFallsBackAndEndsEqual) {
  kill_after("damaged", 5, SIGKILL);
  namespace fs = std::filesystem;
  std::vector<fs::path> manifests;
  for (const auto& entry : fs::directory_iterator(run_->folder() / "runs/store/snapshots/damaged"))
    manifests.push_back(entry.path());
  std::sort(manifests.begin(), manifests.end());
  ASSERT_GE(manifests.size(), 2u);
  fs::permissions(manifests.back(), fs::perms::owner_write, fs::perm_options::add);
  std::fstream file(manifests.back(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(40);
  file.put('\xff');
  file.close();
  EXPECT_THAT(finish("damaged").errors, HasSubstr("damaged"));
  expect_equal("damaged");
}

TEST_F(Interruption, AChangedPipelineIsRefusedAndNamed) {
  const Ended end = run_cairn(run_->folder(), run_->train("straight", {"--set", "optimizer.lr=0.5"}));
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_THAT(end.errors, HasSubstr("optimizer.lr: the snapshot has 0.01, now it is 0.5"));
  EXPECT_THAT(end.errors, HasSubstr("--allow pipeline"));
}

TEST_F(Interruption, FreshRefusesARunThatExists) {
  const Ended end = run_cairn(run_->folder(), run_->train("straight", {"--fresh"}));
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_THAT(end.errors, HasSubstr("Leave out --fresh"));
}

TEST_F(Interruption, AFinishedRunCanBeExtended) {
  finish("longer");
  finish("longer", {"--set", "run.epochs=4"});
  EXPECT_EQ(run_->iterations_done("longer"), 12);
}

TEST(InterruptionOfAccumulation, PendingGradientsInBf16AndAPlateauAreState) {
  TinyRun run({"[optimizer]\ntype = \"adamw\"\nlr = 0.002"});
  const std::vector<std::string> more{"--set", "run.precision=bf16",    "--set", "train.nominal_batch=12",
                                      "--set", "scheduler.type=plateau"};
  ASSERT_EQ(run_cairn(run.folder(), run.train("straight", more)).exit_code, 0);
  {
    CairnProcess process(run.folder(), run.train("killed", more));
    process.wait_until([&] { return run.iterations_done("killed") >= 5; });
    process.signal(SIGKILL);
    process.wait();
  }
  const Ended end = run_cairn(run.folder(), run.train("killed", more));
  ASSERT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_EQ(run.digest("killed"), run.digest("straight"));
  EXPECT_EQ(run.journal("killed"), run.journal("straight"));
}

}  // namespace
}  // namespace cairn::test
