// Which layer wins, and what is known about it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "framework/config/fake_plugins.h"

namespace cairn::test {
namespace {

using testing::HasSubstr;

TEST(Layers, EachValueKnowsWhereItCameFrom) {
  PipelineFolder folder;
  folder.write("base.toml", "[run]\nseed = 1\nepochs = 2\n");
  folder.write("sites/edge.toml", "[run]\ndevice = 'cpu'\n[dataset]\nworkers = 3\n");
  folder.environment["DATA"] = "/data";
  LoadRequest request = folder.request(
      "include = 'base.toml'\n[run]\nepochs = 3\n[dataset]\ntype = 'yolo'\npath = '${DATA}/d.yaml'\n[model]\ntype = "
      "'yolov8'\n");
  request.site = "edge";
  request.sets = {"dataset.batch_size=8"};
  const LoadResult result = load_pipeline(request);
  EXPECT_EQ(origin_of(result, "run.seed"), folder.path("base.toml") + ":2");
  EXPECT_EQ(origin_of(result, "run.epochs"), folder.path("p.toml") + ":3");
  EXPECT_EQ(origin_of(result, "run.device"), "site " + folder.path("sites/edge.toml") + ":2");
  EXPECT_EQ(origin_of(result, "dataset.batch_size"), "--set");
  EXPECT_EQ(origin_of(result, "dataset.path"), folder.path("p.toml") + ":6, environment DATA");
  EXPECT_EQ(origin_of(result, "optimizer.momentum"), "preset published");
  EXPECT_EQ(origin_of(result, "optimizer.lr"), "default");
  EXPECT_EQ(result.pipeline.dataset.params.at("path").text(), "/data/d.yaml");
  EXPECT_EQ(result.pipeline.dataset.workers, 3);
  EXPECT_EQ(result.files.size(), 3u);
}

TEST(Presets, LieBeneathTheFile) {
  PipelineFolder folder;
  const Pipeline p = folder.load(kSmall + "[optimizer]\nlr = 0.1\n[train]\nema = false\n").pipeline;
  EXPECT_EQ(p.dataset.batch_size, 32);
  EXPECT_EQ(p.optimizer.params.at("lr"), Value(0.1));
  EXPECT_EQ(p.optimizer.params.at("momentum"), Value(0.937));
  EXPECT_EQ(p.train.gradients_at_epoch_start, EpochGradients::Zero);
  EXPECT_FALSE(p.train.ema);
  ASSERT_EQ(p.augmentations.size(), 2u);
  EXPECT_EQ(p.augmentations[1].probability, 0.5);
}

TEST(Presets, OfTheVariantGoBeforeThePlainOne) {
  PipelineFolder folder;
  folder.plugins->get(Kind::Model, "yolov8").presets.push_back({"published-m", "[optimizer]\nlr = 0.5\n"});
  LoadRequest request = folder.request(kSmall);
  request.sets = {"model.variant=m"};
  const LoadResult result = load_pipeline(request);
  EXPECT_EQ(result.preset, "published-m");
  EXPECT_EQ(origin_of(result, "optimizer.lr"), "preset published-m");
  request.sets = {"model.variant=s"};
  EXPECT_EQ(load_pipeline(request).preset, "published");
  request.sets = {"model.variant=m", "model.preset=current"};
  EXPECT_EQ(load_pipeline(request).preset, "current");
}

TEST(Presets, AreChosenByNameAlsoBehindSet) {
  PipelineFolder folder;
  LoadRequest request = folder.request(kSmall);
  request.sets = {"model.preset=current"};
  const Pipeline p = load_pipeline(request).pipeline;
  EXPECT_EQ(p.scheduler.params.at("factor_epoch").text(), "current");
  EXPECT_TRUE(p.augmentations.empty());
  request.sets = {"model.preset=curent"};
  const LoadResult wrong = read_pipeline(request);
  ASSERT_EQ(wrong.problems.size(), 1u);
  EXPECT_THAT(wrong.problems[0].to_text(),
              HasSubstr("published | current | none, found \"curent\"; did you mean current?"));
}

TEST(Presets, GiveWayToTheFilesOwnAugmentations) {
  PipelineFolder folder;
  const auto own = folder.load(kSmall + "[[augmentation]]\ntype = 'hsv'\n").pipeline.augmentations;
  ASSERT_EQ(own.size(), 1u);
  EXPECT_EQ(own[0].type, "hsv");
  EXPECT_TRUE(folder.load("augmentation = []\n" + kSmall).pipeline.augmentations.empty());
}

TEST(Presets, DoNotMixParametersIntoAnotherPlugin) {
  PipelineFolder folder;
  const Pipeline p = folder.load(kSmall + "[optimizer]\ntype = 'adamw'\n").pipeline;
  EXPECT_EQ(p.optimizer.params, (Table{{"lr", 0.001}, {"beta2", 0.999}}));
  LoadRequest request = folder.request(kSmall);
  request.sets = {"optimizer.type=adamw"};
  EXPECT_EQ(load_pipeline(request).pipeline.optimizer.params.count("momentum"), 0u);
}

TEST(Presets, MistakesInThemAreLocatedToo) {
  PipelineFolder folder;
  folder.plugins->get(Kind::Model, "yolov8").presets[0].toml = "[train]\nemma = true\n";
  const LoadResult result = folder.read(kSmall);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_THAT(result.problems[0].to_text(),
              HasSubstr("preset published:2:1: train.emma: unknown key; did you mean ema?"));
}

TEST(Includes, AreRelativeAndOverridden) {
  PipelineFolder folder;
  folder.write("fragments/a.toml", "include = ['deep/b.toml']\n[run]\nseed = 1\n[plugins]\npath = ['x']\n");
  folder.write("fragments/deep/b.toml", "[run]\nseed = 2\nepochs = 9\n");
  const Pipeline p = folder.load("include = ['fragments/a.toml']\n" + kSmall).pipeline;
  EXPECT_EQ(p.run.seed, 1);
  EXPECT_EQ(p.run.epochs, 9);
  EXPECT_EQ(p.plugins.path.at(0), folder.path("fragments/x"));
}

TEST(Includes, CyclesAndMissingFilesAreErrorsAtTheirPlace) {
  PipelineFolder folder;
  folder.write("a.toml", "include = ['b.toml']\n");
  folder.write("b.toml", "# first\ninclude = ['./a.toml']\n");
  LoadRequest request = folder.request();
  request.path = folder.path("a.toml");
  const LoadResult cycle = read_pipeline(request);
  ASSERT_EQ(cycle.problems.size(), 1u);
  EXPECT_THAT(cycle.problems[0].to_text(), HasSubstr("b.toml:2:12: "));
  EXPECT_THAT(cycle.problems[0].to_text(), HasSubstr("includes itself"));
  const LoadResult missing = folder.read("include = ['no.toml']\n" + kSmall);
  ASSERT_EQ(missing.problems.size(), 1u);
  EXPECT_THAT(missing.problems[0].to_text(), HasSubstr("p.toml:1:12: "));
}

TEST(Environment, MissingAndMalformedVariablesAreErrors) {
  PipelineFolder folder;
  folder.environment["A"] = "x";
  EXPECT_THAT(to_text(folder.read(kSmall + "weights = '${A}${B}'\n").problems),
              HasSubstr("environment variable B is not set"));
  EXPECT_THAT(to_text(folder.read(kSmall + "weights = '${A'\n").problems),
              HasSubstr("model.weights: '${' is not closed"));
  EXPECT_THAT(to_text(folder.read(kSmall + "weights = '${A b}'\n").problems),
              HasSubstr("names no environment variable"));
  EXPECT_EQ(folder.load(kSmall + "weights = '/w/$${A}${A}'\n").pipeline.model.weights, "/w/${A}x");
}

TEST(Sites, LieOverTheFileAndReplaceArraysWhole) {
  PipelineFolder folder;
  folder.write("sites/edge.toml",
               "[run]\nthreads = 4\n[[checkpoint.backend]]\ntype = 's3'\nurl = 's3://b/x'\nsecret_env = 'KEY'\n");
  LoadRequest request =
      folder.request(kSmall + "[[checkpoint.backend]]\ntype = 'local'\n[[checkpoint.backend]]\ntype = 'local'\n");
  request.site = "edge";
  const Pipeline p = load_pipeline(request).pipeline;
  ASSERT_EQ(p.checkpoint.backends.size(), 1u);
  EXPECT_EQ(p.checkpoint.backends[0].type, "s3");
  EXPECT_EQ(p.run.threads, 4);
}

TEST(Sites, AreFoundInTheirPathAndByDefault) {
  PipelineFolder folder;
  const auto file = folder.write("far/away.toml", "[run]\nthreads = 5\n");
  folder.environment = {{"CAIRN_SITE_PATH", "/nowhere:" + folder.path("far")}, {"CAIRN_SITE", "away"}};
  EXPECT_EQ(folder.load(kSmall).pipeline.run.threads, 5);
  folder.environment.clear();
  LoadRequest request = folder.request(kSmall);
  request.site = file.string();
  EXPECT_EQ(load_pipeline(request).pipeline.run.threads, 5);
  request.site = "missing";
  EXPECT_THAT(to_text(read_pipeline(request).problems),
              HasSubstr("no site 'missing'; searched " + folder.path("sites")));
}

TEST(Sites, MustNotChangeResults) {
  PipelineFolder folder;
  folder.write("sites/bad.toml",
               "[run]\ndevice = 'cpu'\nprecision = 'bf16'\n[optimizer]\nlr = 0.5\n[dataset]\npath = '/mnt/d.yaml'\n");
  LoadRequest request = folder.request(kSmall);
  request.site = "bad";
  const LoadResult refused = read_pipeline(request);
  ASSERT_EQ(refused.problems.size(), 2u) << to_text(refused.problems);
  EXPECT_THAT(refused.problems[0].to_text(), HasSubstr("bad.toml:3:13: run.precision: affects the results"));
  EXPECT_THAT(refused.problems[1].to_text(), HasSubstr("bad.toml:5:6: optimizer.lr"));
  folder.write("sites/good.toml", "allow_numerics = true\n[optimizer]\nlr = 0.5\n");
  request.site = "good";
  EXPECT_EQ(load_pipeline(request).pipeline.optimizer.params.at("lr"), Value(0.5));
  request.site = "bad";
  request.allow_numerics = true;
  EXPECT_TRUE(read_pipeline(request).problems.empty());
}

TEST(Sites, MustNotChooseAnotherPreset) {
  PipelineFolder folder;
  folder.write("sites/sly.toml", "[model]\npreset = 'current'\n");
  LoadRequest request = folder.request(kSmall);
  request.site = "sly";
  EXPECT_THAT(to_text(read_pipeline(request).problems), HasSubstr("model.preset: affects the results"));
}

TEST(Sets, ReachEntriesByNumberAndByType) {
  PipelineFolder folder;
  LoadRequest request = folder.request(kSmall);
  request.sets = {"augmentation.0.probability=0.25",  "augmentation.flip.probability = 0.75",
                  "checkpoint.backend.local.path=/s", "run.name=007",
                  "checkpoint.every=[\"5 epochs\"]",  "evaluate.fitness.map50=0.1"};
  const Pipeline p = load_pipeline(request).pipeline;
  EXPECT_EQ(p.augmentations.at(0).probability, 0.25);
  EXPECT_EQ(p.augmentations.at(1).probability, 0.75);
  EXPECT_EQ(p.checkpoint.backends.at(0).params.at("path").text(), "/s");
  EXPECT_EQ(p.run.name, "007");
  EXPECT_EQ(p.checkpoint.every.at(0), (Trigger{Trigger::Kind::Epochs, 5, 0}));
  EXPECT_EQ(p.evaluate.fitness.map50, 0.1);
}

TEST(Sets, MistakesNameTheArgument) {
  PipelineFolder folder;
  const std::pair<const char*, const char*> cases[] = {
      {"augmentation.flop.probability=1", "has no entry of type 'flop'; expected mosaic | flip; did you mean flip?"},
      {"augmentation.7.probability=1", "has no entry 7; expected a number below 2"},
      {"run.sed=1", "--set run.sed=1: run.sed: unknown key; did you mean seed?"},
      {"run", "TABLE.KEY=VALUE"},
      {"run.seed.x=1", "run.seed.x: unknown key"},
      {"runn=1", "did you mean run?"},
      {"run.epochs=ten", "found \"ten\""},
  };
  for (const auto& [set, text] : cases) {
    LoadRequest request = folder.request(kSmall + "[run]\nseed = 1\n");
    request.sets = {set};
    const LoadResult result = read_pipeline(request);
    ASSERT_EQ(result.problems.size(), 1u) << set << "\n" << to_text(result.problems);
    if (std::string(set) != "run.seed.x=1") {
      EXPECT_THAT(result.problems[0].to_text(), HasSubstr(text));
    }
    EXPECT_THAT(result.problems[0].to_text(), HasSubstr(std::string("--set ") + set));
  }
}

TEST(Sets, TwoEntriesOfOneTypeNeedANumber) {
  PipelineFolder folder;
  LoadRequest request = folder.request(kSmall + "[[monitor]]\ntype = 'console'\n[[monitor]]\ntype = 'console'\n");
  request.sets = {"monitor.console.type=journal"};
  EXPECT_THAT(to_text(read_pipeline(request).problems), HasSubstr("more than one entry of type 'console'"));
}

}  // namespace
}  // namespace cairn::test
