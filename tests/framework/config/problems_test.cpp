#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "framework/config/fake_plugins.h"

namespace cairn::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::string> problems_of(const PipelineFolder& folder, const std::string& text) {
  std::vector<std::string> out;
  for (const ConfigProblem& problem : folder.read(text).problems) out.push_back(problem.to_text());
  return out;
}

std::string only_problem(const PipelineFolder& folder, const std::string& text) {
  const auto all = problems_of(folder, text);
  EXPECT_EQ(all.size(), 1u) << testing::PrintToString(all);
  return all.empty() ? "" : all.front();
}

TEST(Problems, TenMistakesAreTenProblemsEachAtItsPlace) {
  PipelineFolder folder;
  const auto found = problems_of(folder, read_text(test_data() / "pipelines/ten_mistakes.toml"));
  const std::pair<const char*, const char*> expected[] = {
      {"p.toml:2:1: run.sede: ", "did you mean seed?"},
      {"p.toml:3:10: run.epochs: ", "found 0"},
      {"p.toml:4:8: run.time: ", "ms, s, min, h or d"},
      {"p.toml:5:13: run.precision: ", "fp32 | bf16 | fp16 | auto, found \"float16\""},
      {"p.toml:9:8: dataset.path: ", "NO_SUCH_VARIABLE is not set"},
      {"p.toml:10:14: dataset.batch_size: ", "found \"many\""},
      {"p.toml:13:8: augmentation.0.type: ", "did you mean mosaic?"},
      {"p.toml:17:1: model.varient: ", "did you mean variant?"},
      {"p.toml:20:9: evaluate.every: ", "found \"10 min\""},
      {"p.toml:24:1: checkpoint.backend.0.secret_key: ", "secret_key_env"},
  };
  ASSERT_EQ(found.size(), 10u) << testing::PrintToString(found);
  for (size_t i = 0; i < 10; ++i) {
    EXPECT_THAT(found[i], HasSubstr(expected[i].first));
    EXPECT_THAT(found[i], HasSubstr(expected[i].second));
  }
}

TEST(Problems, UnknownTablesAndKeysAreErrors) {
  PipelineFolder folder;
  EXPECT_THAT(only_problem(folder, kSmall + "[optimiser]\ntype = 'sgd'\n"),
              HasSubstr("optimiser: unknown table; did you mean optimizer?"));
  EXPECT_THAT(only_problem(folder, "seed = 3\n" + kSmall), HasSubstr("seed: unknown key"));
  EXPECT_THAT(only_problem(folder, kSmall + "[checkpoint]\nkeep.weekli = 3\n"),
              HasSubstr("checkpoint.keep.weekli: unknown key; did you mean weekly?"));
  EXPECT_THAT(only_problem(folder, "allow_numerics = true\n" + kSmall), HasSubstr("only a site's file"));
}

TEST(Problems, MissingTablesAndTypesAreSaid) {
  PipelineFolder folder;
  const auto all = problems_of(folder, "[run]\nseed = 1\n");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_THAT(all[0], HasSubstr("dataset.type: is missing"));
  EXPECT_THAT(all[1], HasSubstr("model.type: is missing"));
  EXPECT_THAT(only_problem(folder, kSmall + "[[augmentation]]\nprobability = 0.5\n"),
              HasSubstr("augmentation.0.type: is missing"));
}

TEST(Problems, TablesOfTheWrongShapeAreExplained) {
  PipelineFolder folder;
  EXPECT_THAT(only_problem(folder, kSmall + "[augmentation]\ntype = 'mosaic'\n"),
              HasSubstr("expected an array of tables: [[augmentation]]"));
  EXPECT_THAT(only_problem(folder, "run = 3\n" + kSmall), HasSubstr("expected a table: [run]"));
  EXPECT_THAT(only_problem(folder, "augmentation = [1]\n" + kSmall), HasSubstr("augmentation.0: expected a table"));
  EXPECT_THAT(only_problem(folder, kSmall + "[checkpoint]\nkeep = 3\n"),
              HasSubstr("expected a table: [checkpoint.keep]"));
}

TEST(Problems, UnitsThatAreRightAreListed) {
  PipelineFolder folder;
  const std::string scheduler = kSmall + "[scheduler]\ntype = 'linear'\n";
  EXPECT_THAT(only_problem(folder, scheduler + "warmup_epochs = '3 iterations'\n"),
              HasSubstr("a number, also with the unit behind it: epochs"));
  EXPECT_THAT(only_problem(folder, scheduler + "final_ratio = '1 %'\n"), HasSubstr("a ratio, without a unit"));
  EXPECT_THAT(only_problem(folder, kSmall + "[checkpoint]\nkeep.max_bytes = '3 furlongs'\n"), HasSubstr("KiB, MiB"));
  EXPECT_THAT(only_problem(folder, kSmall + "[checkpoint]\nevery = ['1 epoch', '3 apples']\n"),
              HasSubstr("N iterations"));
}

TEST(Problems, OnlyAfterMustNameAnEarlierAugmentation) {
  PipelineFolder folder;
  const std::string text =
      kSmall + "[[augmentation]]\ntype = 'flip'\nonly_after = 'mosaic'\n[[augmentation]]\ntype = 'mosaic'\n";
  EXPECT_THAT(only_problem(folder, text),
              HasSubstr("p.toml:8:14: augmentation.0.only_after: expected the type of an earlier augmentation"));
}

TEST(Problems, BestNeedsItsMode) {
  PipelineFolder folder;
  EXPECT_THAT(only_problem(folder, kSmall + "[checkpoint]\nkeep.best = { metric = 'loss' }\n"),
              HasSubstr("checkpoint.keep.best.mode: is missing; expected max | min"));
}

TEST(Problems, KeysOfStoresHaveOneSourceAndAreNeverShown) {
  PipelineFolder folder;
  EXPECT_THAT(only_problem(folder, kSmall + "[checkpoint]\nkey = { file = 'k', passphrase_env = 'P' }\n"),
              HasSubstr("checkpoint.key: names several sources of one key; expected one of them"));
  const std::string secret = only_problem(folder, kSmall + "[checkpoint]\nkey.passphrase_env = 'correct horse'\n");
  EXPECT_THAT(secret, HasSubstr("checkpoint.key.passphrase_env: expected the name of an environment variable"));
  EXPECT_THAT(secret, testing::Not(HasSubstr("horse")));
}

TEST(Problems, RunNamesAndDevicesAreChecked) {
  PipelineFolder folder;
  EXPECT_THAT(only_problem(folder, kSmall + "[run]\nname = '../x'\n"), HasSubstr("run.name"));
  EXPECT_THAT(only_problem(folder, kSmall + "[run]\ndevice = 'gpu'\n"), HasSubstr("cpu | cuda | cuda:N | auto"));
  EXPECT_TRUE(problems_of(folder, kSmall + "[run]\ndevice = 'cuda:1'\n").empty());
}

TEST(Problems, NumbersAreFinite) {
  PipelineFolder folder;
  for (const std::string value : {"inf", "nan", "-inf"}) {
    EXPECT_THAT(only_problem(folder, kSmall + "[optimizer]\ntype = 'sgd'\nlr = " + value + "\n"),
                HasSubstr("p.toml:8:6: optimizer.lr: expected"));
  }
}

TEST(Problems, DatesAreNoValues) {
  PipelineFolder folder;
  EXPECT_THAT(problems_of(folder, kSmall + "[run]\nname = 1979-05-27\n").front(), HasSubstr("a date or time"));
}

TEST(Secrets, AreNeverTakenLiterally) {
  PipelineFolder folder;
  const std::string bucket = kSmall + "[[checkpoint.backend]]\ntype = 's3'\n";
  for (const std::string line :
       {"password = 'hunter2'", "secret_env = 'hun/ter2'", "secret = 'hunter2'", "url = 'https://me:hunter2@host/x'"}) {
    const std::string problem = only_problem(folder, bucket + line + "\n");
    EXPECT_THAT(problem, HasSubstr("p.toml:8:")) << line;
    EXPECT_THAT(problem, Not(HasSubstr("ter2"))) << line;
  }
  EXPECT_TRUE(problems_of(folder, bucket + "secret_env = 'S3_SECRET'\n").empty());
}

TEST(Secrets, AreNotReadFromTheEnvironmentIntoATextEither) {
  PipelineFolder folder;
  folder.environment["S3_SECRET"] = "hunter2";
  const std::string problem =
      only_problem(folder, kSmall + "[[checkpoint.backend]]\ntype = 's3'\nurl = 's3://${S3_SECRET}'\n");
  EXPECT_THAT(problem, HasSubstr("_env"));
  EXPECT_THAT(problem, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace cairn::test
