// The commands as a person uses them, careless uses among them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "e2e/cairn_process.h"
#include "support/files.h"

namespace cairn::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class Commands : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    run_ = std::make_unique<TinyRun>();
    const Ended end = run_cairn(run_->folder(), run_->train("trained", {"--set", "evaluate.pictures=true"}));
    ASSERT_EQ(end.exit_code, 0) << end.errors;
  }
  static void TearDownTestSuite() { run_.reset(); }
  static Ended cairn(std::vector<std::string> arguments) { return run_cairn(run_->folder(), std::move(arguments)); }
  static std::unique_ptr<TinyRun> run_;
};
std::unique_ptr<TinyRun> Commands::run_;

TEST_F(Commands, ARunLeavesWhatPeopleLookAt) {
  for (const char* file :
       {"pipeline.toml", "metrics.jsonl", "results.csv", "results.png", "labels.jpg", "train_batch0.jpg",
        "val_batch0_labels.jpg", "val_batch0_pred.jpg", "confusion_matrix.png", "PR_curve.png", "F1_curve.png",
        "P_curve.png", "R_curve.png", "weights/best.safetensors", "weights/last.safetensors", "log.txt"}) {
    EXPECT_TRUE(fs::exists(run_->folder() / "runs/trained" / file)) << file;
  }
}

TEST_F(Commands, ValEvaluatesARunAndASnapshotAlike) {
  const Ended last = cairn({"val", "trained", "--json", "--weights", "runs/trained/weights/last.safetensors"});
  ASSERT_EQ(last.exit_code, 0) << last.errors;
  const Ended snapshot = cairn({"val", "trained", "--json", "--snapshot", "newest"});
  ASSERT_EQ(snapshot.exit_code, 0) << snapshot.errors;
  EXPECT_EQ(nlohmann::json::parse(last.output)["metrics"], nlohmann::json::parse(snapshot.output)["metrics"]);
}

TEST_F(Commands, PredictSkipsWhatIsNoPictureAndSaysSo) {
  write_text(run_->folder() / "mixed/notes.jpg", "not a picture");
  fs::copy(run_->folder() / "images/val", run_->folder() / "mixed", fs::copy_options::recursive);
  const Ended end =
      cairn({"predict", "mixed", "--run", "trained", "--output", "found", "--json", "--text", "--conf", "0.0001"});
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("notes.jpg is skipped"));
  EXPECT_EQ(nlohmann::json::parse(end.output)["images"].size(), 4u);
  EXPECT_TRUE(fs::exists(run_->folder() / "found/predictions.json"));
  const Ended nowhere = cairn({"predict", "mixed", "--run", "trained", "--output", "data.yaml"});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.errors, HasSubstr("data.yaml is a file; results need a folder"));
}

TEST_F(Commands, SnapshotsAreListedAsTextAndJson) {
  const Ended text = cairn({"snapshots", "list", "trained"});
  EXPECT_EQ(text.exit_code, 0) << text.errors;
  EXPECT_THAT(text.output, HasSubstr("trained@9"));
  const Ended json = cairn({"snapshots", "list", "trained", "--json"});
  EXPECT_GE(nlohmann::json::parse(json.output).size(), 6u);  // ends of epochs and evaluations are never left out
}

TEST_F(Commands, UnknownRunsAndFilesAreNamed) {
  const Ended val = cairn({"val", "nothing"});
  EXPECT_EQ(val.exit_code, 2);
  EXPECT_THAT(val.errors, HasSubstr("run 'nothing'"));
  EXPECT_EQ(cairn({"resume", "nothing"}).exit_code, 2);
  EXPECT_EQ(cairn({"train", "absent.toml"}).exit_code, 2);
  EXPECT_EQ(cairn({"predict", "absent", "--run", "trained"}).exit_code, 2);
  EXPECT_EQ(cairn({"train", "tiny.toml", "--run", ""}).exit_code, 2);  // an empty variable in a script
  EXPECT_NE(cairn({"predict", "images/val", "--weights", "data.yaml"}).exit_code, 0);
  const Ended slip = cairn({"trian", "tiny.toml"});
  EXPECT_EQ(slip.exit_code, 2);
  EXPECT_THAT(slip.errors, HasSubstr("did you mean train?"));
}

TEST_F(Commands, WordsThatNoCommandKnowsGetAnAnswerThatHelps) {
  EXPECT_THAT(cairn({"snapshots", "lst"}).errors, HasSubstr("did you mean list?"));
  EXPECT_THAT(cairn({"train", "tiny.toml", "--epochs", "3"}).errors, HasSubstr("--set run.epochs="));
  EXPECT_THAT(cairn({"train", "tiny.toml", "--alow", "pipeline"}).errors, HasSubstr("did you mean --allow?"));
  EXPECT_THAT(cairn({"val", "trained", "newest"}).errors, HasSubstr("one argument too many: 'newest'"));
  for (const char* command : {"val", "resume", "snapshots"}) {
    std::vector<std::string> line{command, "traned"};
    if (line.front() == "snapshots") line.insert(line.begin() + 1, "show");
    const Ended end = cairn(line);
    EXPECT_EQ(end.exit_code, 2);
    EXPECT_THAT(end.errors, HasSubstr("Did you mean trained?"));
  }
}

TEST_F(Commands, WithoutANameTheUsualStoreIsListed) {
  const Ended end = cairn({"snapshots", "list"});
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.output, HasSubstr("trained@9"));
  const Ended nowhere = cairn({"snapshots", "list", "--directory", "nowhere"});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.errors, HasSubstr("there is no nowhere/store"));
}

TEST_F(Commands, ANewPluginOfABuildFolderSaysWhatToInstallFirst) {
  const Ended end = cairn({"new", "plugin", "scheduler", "my_cosine"});
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.output, HasSubstr("cmake --install " + build_dir().string()));
}

TEST_F(Commands, ADeviceThatIsNoneIsRefused) {
  for (const char* device : {"meta", "mps", "cuda:99", "gpu"}) {
    const Ended end = cairn(run_->train("elsewhere", {"--set", "run.device=" + std::string(device)}));
    EXPECT_EQ(end.exit_code, 2) << device;
    EXPECT_THAT(end.errors, HasSubstr("run.device"));
    const Ended found = cairn({"predict", "images/val", "--run", "trained", "--device", device});
    EXPECT_EQ(found.exit_code, 2) << device;
    EXPECT_THAT(found.errors, HasSubstr("'" + std::string(device) + "'"));
  }
}

TEST_F(Commands, AnImageSizeThatTheStridesDoNotDivideIsRefused) {
  const Ended end = cairn(run_->train("odd", {"--set", "dataset.image_size=65"}));
  EXPECT_EQ(end.exit_code, 2);
  EXPECT_THAT(end.errors, HasSubstr("dataset.image_size 65 is not a multiple of 32"));
  EXPECT_THAT(end.errors, HasSubstr("64 and 96"));
}

TEST_F(Commands, ResumeContinuesByTheRunsName) {
  const Ended end = cairn({"resume", "trained"});
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("resumed run 'trained'"));
}

TEST_F(Commands, ASiteMovesTheStore) {
  write_text(run_->folder() / "sites/attic.toml", "[[checkpoint.backend]]\ntype = \"local\"\npath = \"attic\"\n");
  const Ended end = cairn(run_->train("moved", {"--site", "attic"}));
  ASSERT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_TRUE(fs::exists(run_->folder() / "attic/snapshots/moved"));
  EXPECT_FALSE(fs::exists(run_->folder() / "runs/store/snapshots/moved"));
  const Ended listed = cairn({"snapshots", "list", "moved", "--store", "attic", "--json"});
  EXPECT_EQ(nlohmann::json::parse(listed.output).back()["digest"], run_->digest("trained"));
}

TEST_F(Commands, TenMistakesAreTenLines) {
  const Ended end = cairn({"config", "check", (test_data() / "pipelines/ten_mistakes.toml").string()});
  EXPECT_EQ(end.exit_code, 2);
  size_t located = 0;
  std::istringstream lines(end.errors);
  for (std::string line; std::getline(lines, line);)
    located += std::regex_search(line, std::regex("ten_mistakes\\.toml:[0-9]+:[0-9]+")) ? 1 : 0;
  EXPECT_EQ(located, 10u) << end.errors;
}

TEST_F(Commands, ABrokenPictureIsNamedAndABadLabelRefused) {
  TinyRun broken;
  write_text(broken.folder() / "images/train/broken.jpg", "");
  const Ended skipped = run_cairn(broken.folder(), {"data", "check", "tiny.toml"});
  EXPECT_EQ(skipped.exit_code, 0) << skipped.errors;
  EXPECT_THAT(skipped.output, HasSubstr("broken.jpg"));
  write_text(broken.folder() / "labels/train/broken.txt", "99 0.5 0.5 0.1 0.1\n");
  fs::copy_file(*fs::directory_iterator(broken.folder() / "images/val"), broken.folder() / "images/train/broken.jpg",
                fs::copy_options::overwrite_existing);
  const Ended refused = run_cairn(broken.folder(), broken.train("refused"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.errors, HasSubstr("broken.txt:1"));
}

TEST_F(Commands, APluginOfAnotherBuildIsRefusedWithItsReason) {
  const std::string folder = (bad_plugin_dir() / "other_build").string();
  const Ended end = cairn({"plugin", "list", "--path", folder});
  EXPECT_THAT(end.errors, HasSubstr("plugin: torch=1.0.0, host: torch="));
  EXPECT_THAT(end.output, HasSubstr("yolov8"));
}

TEST_F(Commands, DoctorFindsNothingWrongAndSaysWhatIs) {
  const Ended good = cairn({"doctor", "tiny.toml"});
  EXPECT_EQ(good.exit_code, 0) << good.output;
  const Ended bad = cairn({"doctor", "tiny.toml", "--set", "dataset.path=nowhere.yaml"});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.output, HasSubstr("FAIL"));
}

TEST_F(Commands, ALossThatIsNotFiniteStopsAndKeepsTheLastGoodSnapshot) {
  const Ended end = cairn(run_->train("exploded", {"--set", "optimizer.lr=9e5", "--set", "train.clip_norm=0"}));
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_THAT(end.errors, HasSubstr("not finite"));
  EXPECT_EQ(cairn({"snapshots", "show", "exploded"}).exit_code, 0);
}

TEST_F(Commands, WeightsOfAnotherClassCountAreTakenInPart) {
  TinyRun other;
  write_text(other.folder() / "data.yaml",
             "train: images/train\nval: images/val\nnames: [Platelets, RBC, WBC, Other]\n");
  const std::string weights = (run_->folder() / "runs/trained/weights/best.safetensors").string();
  const Ended end = run_cairn(other.folder(),
                              other.train("finetuned", {"--set", "model.weights=" + weights, "--set", "run.epochs=1"}));
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("kept as initialised"));
}

}  // namespace
}  // namespace cairn::test
