// Any iteration by its name: branches, replays between snapshots, and the proof that a resume is exact.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "e2e/cairn_process.h"

namespace cairn::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

uint64_t bytes_below(const fs::path& folder) {
  uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

// Two runs of the same bits: one with a snapshot at every iteration, if there is time for it, one at every epoch, which
// is three iterations.
class Replays : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    tiny_ = std::make_unique<TinyRun>();
    ASSERT_EQ(run_cairn(tiny_->folder(), tiny_->train("dense")).exit_code, 0);
    ASSERT_EQ(run_cairn(tiny_->folder(), tiny_->train("sparse", kSparse)).exit_code, 0);
    ASSERT_EQ(tiny_->digest("sparse"), tiny_->digest("dense"));
  }
  static void TearDownTestSuite() { tiny_.reset(); }
  static Ended cairn(std::vector<std::string> arguments) { return run_cairn(tiny_->folder(), std::move(arguments)); }

  inline static const std::vector<std::string> kSparse{"--set", "checkpoint.every=[\"1 epoch\"]"};
  static std::unique_ptr<TinyRun> tiny_;
};
std::unique_ptr<TinyRun> Replays::tiny_;

TEST_F(Replays, ABranchCostsNothingAndGoesOnWithTheBitsOfItsTrunk) {
  const uint64_t before = bytes_below(tiny_->folder() / "runs/store");
  const Ended begun = cairn({"branch", "dense@3", "--run", "twig"});
  ASSERT_EQ(begun.exit_code, 0) << begun.errors;
  EXPECT_LT(bytes_below(tiny_->folder() / "runs/store") - before, 4096u);
  EXPECT_THAT(begun.output, HasSubstr("twig@3"));
  EXPECT_THAT(begun.output, HasSubstr("stays exact   order and randomness of the samples"));
  EXPECT_THAT(begun.output, HasSubstr("go on with    cairn resume twig"));
  const Ended end = cairn({"resume", "twig"});
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_EQ(tiny_->digest("twig"), tiny_->digest("dense"));
  const Ended again = cairn({"branch", "dense@3", "--run", "twig"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.errors, HasSubstr("hoose another --run name"));
}

TEST_F(Replays, ADamagedSnapshotIsRefusedBeforeABranchOfItExists) {
  TinyRun tiny;
  ASSERT_EQ(run_cairn(tiny.folder(), tiny.train("hurt", {"--set", "run.epochs=1"})).exit_code, 0);
  for (const auto& entry : fs::recursive_directory_iterator(tiny.folder() / "runs/store/packs")) {
    if (entry.is_regular_file()) fs::remove(entry.path());
  }
  const Ended end = run_cairn(tiny.folder(), {"branch", "hurt", "--run", "twig"});
  EXPECT_EQ(end.exit_code, 1) << end.errors;
  EXPECT_FALSE(fs::exists(tiny.folder() / "runs/store/snapshots/twig"));
  EXPECT_FALSE(fs::exists(tiny.folder() / "runs/twig"));
}

TEST_F(Replays, ABranchSaysWhatItChanges) {
  const Ended begun = cairn({"branch", "dense@3", "--run", "fast", "--set", "optimizer.lr=0.02"});
  ASSERT_EQ(begun.exit_code, 0) << begun.errors;
  EXPECT_THAT(begun.output, HasSubstr("changed       optimizer.lr: 0.01 -> 0.02; changes learning rates and momentum"));
  const Ended end = cairn({"resume", "fast"});
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("no longer exact: optimizer.lr"));
  EXPECT_NE(tiny_->digest("fast"), tiny_->digest("dense"));
  EXPECT_EQ(cairn({"branch", "dense@3", "--run", "no", "--set", "optimizer.nothing=1"}).exit_code, 2);
}

TEST_F(Replays, ABranchBetweenTwoSnapshotsIsReplayedAndVerified) {
  const Ended begun = cairn({"branch", "sparse@5", "--run", "between"});
  ASSERT_EQ(begun.exit_code, 0) << begun.errors;
  EXPECT_THAT(begun.errors, HasSubstr("replayed from iteration 3 to 5"));
  EXPECT_THAT(begun.errors, HasSubstr("2 rows equal the journal's"));
  EXPECT_THAT(begun.errors, HasSubstr("the next snapshot, at iteration 6, has the digest of the replay"));
  EXPECT_EQ(cairn({"resume", "between"}).exit_code, 0);
  EXPECT_EQ(tiny_->digest("between"), tiny_->digest("dense"));
}

TEST_F(Replays, AResumeFromAnyIterationEndsWithTheSameBits) {
  ASSERT_EQ(run_cairn(tiny_->folder(), tiny_->train("again", kSparse)).exit_code, 0);
  const Ended end = cairn({"resume", "again@4"});
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("replayed from iteration 3 to 4"));
  EXPECT_EQ(tiny_->digest("again"), tiny_->digest("dense"));
  EXPECT_EQ(tiny_->journal("again"), tiny_->journal("dense"));
  EXPECT_EQ(cairn({"resume", "again@@4"}).exit_code, 2);
}

TEST_F(Replays, WhatNeverRanIsNotTrainedUnderTheNameOfAReplay) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"branch", "dense@10", "--run", "never"}, {"snapshots", "show", "dense@10"}, {"resume", "dense@4000"}}) {
    const Ended end = cairn(words);
    EXPECT_EQ(end.exit_code, 1) << end.errors;
    EXPECT_THAT(end.errors, HasSubstr("run 'dense' has come to iteration 9"));
  }
}

TEST_F(Replays, WeightsBetweenTwoSnapshotsAreThoseOfADenseRun) {
  const auto figures = [&](const std::string& run) {
    const Ended end = cairn({"val", run, "--snapshot", "@5", "--json"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    return nlohmann::json::parse(end.output).at("metrics");
  };
  EXPECT_EQ(figures("sparse"), figures("dense"));
}

TEST_F(Replays, ShowBetweenTwoSnapshotsReplaysAndHasTheDigestOfADenseRun) {
  const Ended there = cairn({"snapshots", "show", "sparse@5", "--json"});
  ASSERT_EQ(there.exit_code, 0) << there.errors;
  EXPECT_THAT(there.errors, HasSubstr("no snapshot at sparse@5; it is replayed from iteration 3"));
  const auto replayed = nlohmann::json::parse(there.output);
  EXPECT_EQ(replayed.at("cut").at("iteration"), 5);
  const Ended here = cairn({"snapshots", "show", "dense@5", "--json"});
  ASSERT_EQ(here.exit_code, 0) << here.errors;
  EXPECT_EQ(replayed.at("digest"), nlohmann::json::parse(here.output).at("digest"));
  const Ended text = cairn({"snapshots", "show", "sparse@5"});
  EXPECT_THAT(text.output, HasSubstr("none: replayed from snapshot"));
  EXPECT_THAT(text.output, HasSubstr(replayed.at("digest").get<std::string>()));
}

TEST_F(Replays, ExportWritesTheSameFileFromASnapshotAndFromAReplay) {
  const auto file_of = [&](const std::string& source, std::vector<std::string> more) {
    std::vector<std::string> arguments{"export", source, "--output", "out.safetensors"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ended end = cairn(arguments);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    return read_text(tiny_->folder() / "out.safetensors");
  };
  const std::string average = file_of("dense@5", {});
  EXPECT_EQ(file_of("sparse@5", {}), average);
  EXPECT_NE(file_of("dense@5", {"--weights", "model"}), average);
  EXPECT_NE(file_of("dense@5", {"--deploy"}), average);
  file_of("dense", {});
  const std::string best = file_of("runs/dense/weights/best.safetensors", {});
  EXPECT_THAT(best, HasSubstr("model.0.conv.weight"));
}

TEST_F(Replays, AnExportedFilePredictsWhateverItsForm) {
  for (const std::vector<std::string>& form : {std::vector<std::string>{}, {"--deploy"}}) {
    std::vector<std::string> arguments{"export", "dense", "--output", "form.safetensors"};
    arguments.insert(arguments.end(), form.begin(), form.end());
    ASSERT_EQ(cairn(arguments).exit_code, 0);
    const Ended end = cairn({"val", "dense", "--weights", "form.safetensors", "--json"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
  }
}

TEST_F(Replays, ExportSaysWhatItCannotDo) {
  const Ended onnx = cairn({"export", "dense", "--output", "x.onnx", "--format", "onnx"});
  EXPECT_EQ(onnx.exit_code, 2);
  EXPECT_THAT(onnx.errors, HasSubstr("safetensors is the only format"));
  const Ended file = cairn({"export", "runs/dense/weights/last.safetensors", "--output", "x", "--weights", "model"});
  EXPECT_EQ(file.exit_code, 2);
  EXPECT_THAT(file.errors, HasSubstr("a file has one set of weights"));
  EXPECT_EQ(cairn({"export", "nothing-there", "--output", "x"}).exit_code, 2);
  EXPECT_FALSE(fs::exists(tiny_->folder() / "x"));
}

TEST_F(Replays, SetOnAResumeChangesWhatFollowsAndExtends) {
  ASSERT_EQ(run_cairn(tiny_->folder(), tiny_->train("longer", kSparse)).exit_code, 0);
  const Ended end = cairn({"resume", "longer", "--set", "run.epochs=4", "--set", "optimizer.lr=0.002"});
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("no longer exact: optimizer.lr: the snapshot has 0.01, now it is 0.002"));
  EXPECT_EQ(tiny_->iterations_done("longer"), 12);
  EXPECT_EQ(cairn({"resume", "longer"}).exit_code, 0);  // the run's pipeline is the changed one
}

TEST_F(Replays, VerifyResumeProvesEquality) {
  const Ended end = cairn({"verify-resume", "dense", "--from", "@3", "--json"});
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  const auto verdict = nlohmann::json::parse(end.output);
  EXPECT_EQ(verdict.at("equal"), true);
  EXPECT_EQ(verdict.at("from"), 3);
  EXPECT_EQ(verdict.at("to"), 9);
  EXPECT_GE(verdict.at("rows"), 6);
  EXPECT_GE(verdict.at("snapshots"), 3);
}

// What it was told when it went on stands in the snapshots behind: more epochs, other rates, a branch's settings.
TEST_F(Replays, ARunThatWentOnOtherwiseIsReplayedAsItWent) {
  ASSERT_EQ(run_cairn(tiny_->folder(), tiny_->train("grown", kSparse)).exit_code, 0);
  ASSERT_EQ(cairn({"resume", "grown", "--set", "run.epochs=4", "--set", "optimizer.lr=0.002"}).exit_code, 0);
  const Ended shown = cairn({"snapshots", "show", "grown@10"});
  EXPECT_EQ(shown.exit_code, 0) << shown.errors;
  EXPECT_THAT(shown.errors, HasSubstr("the next snapshot, at iteration 12, has the digest of the replay"));
  const Ended grown = cairn({"verify-resume", "grown", "--from", "@3"});
  EXPECT_EQ(grown.exit_code, 0) << grown.errors << grown.output;
  EXPECT_THAT(grown.output, HasSubstr("replayed from iteration 3 to 12"));
  ASSERT_EQ(cairn({"branch", "dense@3", "--run", "apart", "--set", "optimizer.lr=0.02"}).exit_code, 0);
  ASSERT_EQ(cairn({"resume", "apart"}).exit_code, 0);
  const Ended apart = cairn({"verify-resume", "apart", "--from", "@3"});
  EXPECT_EQ(apart.exit_code, 0) << apart.errors << apart.output;
}

// The labels were others when the run went on.
TEST_F(Replays, VerifyResumeNamesTheFirstIterationAndTensorThatDiffer) {
  ASSERT_EQ(cairn({"branch", "dense@3", "--run", "other"}).exit_code, 0);
  ASSERT_EQ(run_cairn(tiny_->folder(), {"resume", "other", "--set", "run.time=0.001"}).exit_code, 75);
  const fs::path labels = tiny_->folder() / "labels/train", kept = tiny_->folder() / "kept";
  fs::copy(labels, kept, fs::copy_options::recursive);
  for (const auto& entry : fs::directory_iterator(labels))
    write_text(entry.path(), read_text(entry.path()) + "\n0 0.5 0.5 0.25 0.25\n");
  const Ended changed = cairn({"resume", "other", "--set", "run.time=1000", "--allow", "dataset"});
  EXPECT_EQ(changed.exit_code, 0) << changed.errors;
  fs::remove_all(labels);
  fs::rename(kept, labels);
  const Ended end = cairn({"verify-resume", "other", "--from", "@4"});
  EXPECT_EQ(end.exit_code, 1) << end.errors;
  EXPECT_THAT(end.output, HasSubstr("differs first at  iteration 4: loss/"));
  EXPECT_THAT(end.output, HasSubstr("first tensor      state/"));
  EXPECT_THAT(end.errors, HasSubstr("the replay may not be exact: training set"));
  EXPECT_THAT(cairn({"verify-resume", "twig-that-never-was"}).errors, HasSubstr("twig-that-never-was"));
}

TEST_F(Replays, ARollbackGoesBackUntilTheLossIsFinite) {
  const Ended end = run_cairn(
      tiny_->folder(), tiny_->train("wild", {"--set", "optimizer.lr=9e5", "--set", "train.clip_norm=0", "--set",
                                             "scheduler.warmup_epochs=0", "--set", "train.nonfinite=rollback", "--set",
                                             "train.rollback_lr=0.001", "--set", "train.max_rollbacks=8"}));
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("the loss is not finite; rollback 1 of 8 to"));
  EXPECT_EQ(tiny_->iterations_done("wild"), 9);
  const Ended few = run_cairn(
      tiny_->folder(), tiny_->train("wilder", {"--set", "optimizer.lr=9e5", "--set", "train.clip_norm=0", "--set",
                                               "scheduler.warmup_epochs=0", "--set", "train.nonfinite=rollback",
                                               "--set", "train.rollback_lr=1", "--set", "train.max_rollbacks=2"}));
  EXPECT_EQ(few.exit_code, 1);
  EXPECT_THAT(few.errors, HasSubstr("after 2 rollbacks"));
}

}  // namespace
}  // namespace cairn::test
