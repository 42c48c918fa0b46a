#include "train/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory_state.h"

namespace cairn::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Lines final : public Logger {
 public:
  void write(Level level, std::string_view message) override {
    if (level == Level::Warning) warnings.emplace_back(message);
  }
  std::vector<std::string> warnings;
};

RunRecord record() {
  RunRecord out;
  out.environment = {
      {"device", "cpu"}, {"precision", "fp32"}, {"threads", "2"}, {"torch", "2.11"}, {"plugin/model yolov8", "1 ab"}};
  out.numerics = {{"optimizer.lr", "0.01"}, {"run.epochs", "3"}, {"evaluate.patience", "0"}};
  out.train_fingerprint = "train";
  out.val_fingerprint = "val";
  return out;
}

std::string flag_of(const RunRecord& now) {
  const std::vector<Difference> found = differences(record(), now);
  EXPECT_EQ(found.size(), 1u);
  return found.empty() ? "" : found[0].flag;
}

TEST(EnvironmentTest, EveryDifferenceHasTheFlagThatAcceptsIt) {
  EXPECT_TRUE(differences(record(), record()).empty());
  const std::pair<const char*, const char*> flags[] = {{"device", "device"},
                                                       {"precision", "precision"},
                                                       {"threads", "threads"},
                                                       {"torch", "libraries"},
                                                       {"plugin/model yolov8", "plugins"}};
  for (const auto& [key, flag] : flags) {
    RunRecord now = record();
    now.environment[key] = "other";
    EXPECT_EQ(flag_of(now), flag) << key;
  }
  RunRecord now = record();
  now.numerics["optimizer.lr"] = "0.02";
  EXPECT_EQ(flag_of(now), "pipeline");
  now = record();
  now.train_fingerprint = "other";
  EXPECT_EQ(flag_of(now), "dataset");
  now = record();
  now.val_fingerprint = "other";
  EXPECT_EQ(flag_of(now), "dataset");
}

TEST(EnvironmentTest, KeysThatAppearOrDisappearAreDifferences) {
  RunRecord now = record();
  now.environment.erase("plugin/model yolov8");
  now.environment["plugin/model yolov9"] = "1 cd";
  const std::vector<Difference> found = differences(record(), now);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].is, "(absent)");
  EXPECT_EQ(found[1].was, "(absent)");
}

TEST(EnvironmentTest, ALongerRunIsNoDifference) {
  RunRecord now = record();
  now.numerics["run.epochs"] = "30";
  now.numerics["evaluate.patience"] = "5";
  EXPECT_TRUE(differences(record(), now).empty());
}

TEST(EnvironmentTest, ARefusalNamesEveryDifferenceWithValuesAndFlag) {
  RunRecord now = record();
  now.environment["threads"] = "4";
  now.numerics["optimizer.lr"] = "0.02";
  Lines log;
  try {
    check_differences(differences(record(), now), {}, log);
    FAIL() << "was not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::FailedPrecondition);
    EXPECT_THAT(error.what(), HasSubstr("threads: the snapshot has 2, now it is 4   (--allow threads)"));
    EXPECT_THAT(error.what(), HasSubstr("optimizer.lr: the snapshot has 0.01, now it is 0.02   (--allow pipeline)"));
  }
}

TEST(EnvironmentTest, AllowedDifferencesAreSaidAndTheOthersStillRefused) {
  RunRecord now = record();
  now.environment["threads"] = "4";
  Lines log;
  check_differences(differences(record(), now), {"threads"}, log);
  ASSERT_EQ(log.warnings.size(), 1u);
  EXPECT_THAT(log.warnings[0], HasSubstr("no longer exact: threads"));
  now.numerics["optimizer.lr"] = "0.02";
  try {
    check_differences(differences(record(), now), {"threads"}, log);
    FAIL() << "was not refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("--allow pipeline"));
    EXPECT_THAT(error.what(), Not(HasSubstr("--allow threads")));
  }
}

TEST(EnvironmentTest, ARecordComesBackFromASnapshot) {
  RunRecord was = record();
  was.pipeline_toml = "[run]\n";
  was.seconds = 12.5;
  MemoryState saved;
  was.save(saved);
  RunRecord back;
  back.load(saved);
  EXPECT_TRUE(differences(was, back).empty());
  EXPECT_EQ(back.environment, was.environment);
  EXPECT_EQ(back.pipeline_toml, was.pipeline_toml);
  EXPECT_EQ(back.seconds, was.seconds);
}

}  // namespace
}  // namespace cairn::test
