#include "config/show.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/fingerprint.h"
#include "config/report.h"
#include "framework/config/fake_plugins.h"

namespace cairn::test {
namespace {

using testing::HasSubstr;

TEST(Show, PrintsEveryValueWithItsOrigin) {
  PipelineFolder folder;
  const std::string text = show(folder.load(kSmall + "[optimizer]\nlr = 0.02\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\nlr = 0.02 +# [^\n]*p.toml:7\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\nmomentum = 0.937 +# preset published\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\nnesterov = true +# default\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\nwarmup_minimum = 50 +# iterations; preset published\n"));
  EXPECT_THAT(text, HasSubstr("\n[[checkpoint.backend]]\n"));
  EXPECT_THAT(text, HasSubstr("\n[checkpoint.keep.best]\n"));
}

TEST(ResolvedPipeline, GivesTheSamePipelineAgain) {
  PipelineFolder folder;
  folder.environment["D"] = "/d";
  for (const std::string& text :
       {read_text(test_data() / "pipelines/complete.toml"), kSmall,
        "augmentation = []\nmonitor = []\n" + kSmall + "weights = '/w/$${D}/${D}\"\\\t'\n[run]\niterations = 10\n",
        kSmall + "[optimizer]\ntype = 'adamw'\n[checkpoint]\nkeep.best.count = 0\n"}) {
    const LoadResult first = folder.load(text);
    PipelineFolder other;
    LoadRequest request = other.request(resolved_toml(first));
    request.working_directory = "/elsewhere";
    const LoadResult second = load_pipeline(request);
    EXPECT_EQ(first.pipeline, second.pipeline) << resolved_toml(first);
    EXPECT_EQ(resolved_toml(first), resolved_toml(second));
    EXPECT_EQ(numerics_fingerprint(first), numerics_fingerprint(second));
  }
}

TEST(ResolvedPipeline, NeedsNoPresetAnyMore) {
  PipelineFolder folder;
  const LoadResult first = folder.load(kSmall);
  folder.plugins->get(Kind::Model, "yolov8").presets.clear();
  EXPECT_EQ(folder.load(resolved_toml(first)).pipeline, first.pipeline);
}

TEST(ResolvedPipeline, AnotherTypeTakesTheParametersThatItHasAndDropsTheOthers) {
  PipelineFolder folder;
  const LoadResult first = folder.load(kSmall + "[optimizer]\ntype = 'sgd'\nlr = 0.5\n");
  LoadRequest request = folder.request(resolved_toml(first));
  request.sets = {"scheduler.type=cosine", "optimizer.type=adamw"};
  const Pipeline changed = load_pipeline(request).pipeline;
  EXPECT_TRUE(changed.scheduler.params.empty());
  EXPECT_EQ(changed.optimizer.params.at("lr"), Value(0.5));
  EXPECT_FALSE(changed.optimizer.params.contains("nesterov"));
  request.sets = {"scheduler.type=cosine", "scheduler.final_ratio=0.1"};  // what is asked for is never dropped
  EXPECT_EQ(read_pipeline(request).problems.size(), 1u);
}

TEST(Fingerprint, ChangesOnlyWithWhatShapesResults) {
  PipelineFolder folder;
  const auto fingerprint = [&](std::vector<std::string> sets) {
    LoadRequest request = folder.request(kSmall);
    request.sets = std::move(sets);
    return numerics_fingerprint(load_pipeline(request));
  };
  const std::string plain = fingerprint({});
  EXPECT_EQ(plain.size(), 32u);
  for (const char* set : {"run.name=x", "run.device=cpu", "run.threads=2", "run.time=5 min", "dataset.workers=0",
                          "dataset.path=/other/data.yaml", "checkpoint.keep.last=9", "checkpoint.backend.0.path=/x",
                          "evaluate.pictures=false", "dataset.cache=ram"}) {
    EXPECT_EQ(fingerprint({set}), plain) << set;
  }
  for (const char* set :
       {"run.seed=1", "run.epochs=3", "run.precision=bf16", "dataset.image_size=320", "augmentation.0.probability=0.5",
        "optimizer.lr=0.5", "scheduler.final_ratio=0.5", "train.ema=false", "evaluate.patience=3", "model.variant=s"}) {
    EXPECT_NE(fingerprint({set}), plain) << set;
  }
}

TEST(Fingerprint, TheSameValuesFromAnotherLayerAreEqual) {
  PipelineFolder folder;
  EXPECT_EQ(numerics_fingerprint(folder.load(kSmall)),
            numerics_fingerprint(folder.load(kSmall + "[optimizer]\nmomentum = 0.937\n")));
}

TEST(Report, ListsValuesAndProblemsForPrograms) {
  PipelineFolder folder;
  const nlohmann::json values = values_json(folder.load(kSmall));
  EXPECT_EQ(values["preset"], "published");
  EXPECT_EQ(values["values"].front()["key"], "run.name");
  EXPECT_EQ(values["values"].front()["origin"], "default");
  const nlohmann::json problems = problems_json(folder.read(kSmall + "[run]\nsede = 1\n"))["problems"];
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0]["line"], 7);
  EXPECT_EQ(problems[0]["nearest"], "seed");
}

}  // namespace
}  // namespace cairn::test
