#include "config/load.h"
#include "config/show.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/config/fake_plugins.h"

namespace cairn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(LoadPipeline, FillsEveryTableOfTheExample) {
  PipelineFolder folder;
  const Pipeline p = folder.load(read_text(test_data() / "pipelines/complete.toml")).pipeline;
  EXPECT_EQ(p.run.name, "blood-cells");
  EXPECT_EQ(p.run.epochs, 100);
  EXPECT_EQ(p.run.time_seconds, 8 * 3600.0);
  EXPECT_EQ(p.run.precision, Precision::Bf16);
  EXPECT_EQ(p.run.directory, "/work_here/runs");
  EXPECT_THAT(p.plugins.path, ElementsAre(folder.path("my_plugins")));
  EXPECT_EQ(p.dataset.type, "yolo");
  EXPECT_EQ(p.dataset.params.at("path").text(), folder.path("data/blood_cells/data.yaml"));
  EXPECT_EQ(p.dataset.params.at("strict"), Value(false));
  EXPECT_EQ(p.dataset.workers, -1);
  EXPECT_EQ(p.dataset.cache, Cache::Ram);
  ASSERT_EQ(p.augmentations.size(), 2u);
  EXPECT_EQ(p.augmentations[0].last_epochs_off, 10);
  EXPECT_EQ(p.augmentations[1].only_after, "mosaic");
  EXPECT_EQ(p.augmentations[1].params.at("degrees"), Value(10.0));
  EXPECT_EQ(p.model.weights, folder.path("yolov8n.safetensors"));
  EXPECT_THAT(p.model.freeze, ElementsAre("model.0.", "model.1."));
  EXPECT_EQ(p.optimizer.params.at("momentum"), Value(0.937));
  EXPECT_EQ(p.scheduler.params.at("warmup_epochs"), Value(3.0));
  EXPECT_EQ(p.train.gradients_at_epoch_start, EpochGradients::Zero);
  EXPECT_EQ(p.evaluate.every, (Trigger{Trigger::Kind::Epochs, 1, 0}));
  EXPECT_EQ(p.evaluate.fitness.map50, 0.1);
  EXPECT_THAT(p.checkpoint.every,
              ElementsAre(Trigger{Trigger::Kind::Epochs, 1, 0}, Trigger{Trigger::Kind::Time, 1, 600}));
  EXPECT_EQ(p.checkpoint.keep.hourly, 24);
  EXPECT_EQ(p.checkpoint.keep.within_seconds, 2 * 86400.0);
  EXPECT_EQ(p.checkpoint.keep.max_bytes, int64_t{20} << 30);
  ASSERT_TRUE(p.checkpoint.keep.best);
  EXPECT_EQ(p.checkpoint.keep.best->mode, BestMode::Min);
  ASSERT_EQ(p.checkpoint.backends.size(), 2u);
  EXPECT_TRUE(p.checkpoint.backends[0].required);
  EXPECT_FALSE(p.checkpoint.backends[1].required);
  EXPECT_EQ(p.checkpoint.backends[0].params.at("path").text(), "/work_here/runs/store");
  EXPECT_EQ(p.checkpoint.backends[1].params.at("url").text(), "s3://models/site-a");
  EXPECT_EQ(p.checkpoint.backends[1].params.at("part_size"), Value(int64_t{64} << 20));
  EXPECT_EQ(p.checkpoint.backends[1].params.at("timeout"), Value(90.0));
  ASSERT_EQ(p.monitors.size(), 1u);
  EXPECT_EQ(p.monitors[0].type, "tensorboard");
}

TEST(LoadPipeline, ASmallPipelineGetsDefaultsAndAStore) {
  PipelineFolder folder;
  const Pipeline p = folder.load(kSmall + "preset = 'none'\n").pipeline;
  EXPECT_EQ(p.run.name, "p");
  EXPECT_EQ(p.optimizer.type, "sgd");
  EXPECT_EQ(p.scheduler.type, "linear");
  EXPECT_TRUE(p.augmentations.empty());
  ASSERT_EQ(p.checkpoint.backends.size(), 1u);
  EXPECT_EQ(p.checkpoint.backends[0].params.at("path").text(), "/work_here/runs/store");
  ASSERT_TRUE(p.checkpoint.keep.best);
  EXPECT_EQ(p.checkpoint.keep.best->metric, "map50_95");
  EXPECT_EQ(p.monitors.size(), 2u);
}

const std::string kTwoStores = kSmall +
                               "[[checkpoint.backend]]\ntype = 'local'\npath = 'here'\n"
                               "[[checkpoint.backend]]\ntype = 'local'\npath = 'there'\nrequired = false\n";

TEST(LoadPipeline, AMirrorMayHaveAPolicyOfItsOwn) {
  PipelineFolder folder;
  const std::string text = kTwoStores +
                           "[checkpoint.backend.keep]\nlast = 1\ndaily = 7\n"
                           "[checkpoint.backend.keep.best]\nmetric = 'map50'\nmode = 'max'\n"
                           "[[checkpoint.backend]]\ntype = 'local'\npath = 'third'\n";
  const LoadResult result = folder.load(text);
  const auto& backends = result.pipeline.checkpoint.backends;
  ASSERT_EQ(backends.size(), 3u);
  EXPECT_FALSE(backends[0].keep);
  EXPECT_FALSE(backends[2].keep);
  ASSERT_TRUE(backends[1].keep);
  EXPECT_EQ(backends[1].keep->last, 1);
  EXPECT_EQ(backends[1].keep->daily, 7);
  ASSERT_TRUE(backends[1].keep->best);
  EXPECT_EQ(backends[1].keep->best->metric, "map50");
  EXPECT_FALSE(backends[1].params.contains("keep"));
  EXPECT_EQ(folder.load(resolved_toml(result)).pipeline.checkpoint, result.pipeline.checkpoint);
}

TEST(LoadPipeline, TheFirstStoreHasThePolicyOfTheTableAbove) {
  PipelineFolder folder;
  const std::string text = kSmall + "[[checkpoint.backend]]\ntype = 'local'\n[checkpoint.backend.keep]\nlast = 1\n";
  try {
    folder.load(text);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("checkpoint.backend.0.keep"));
    EXPECT_THAT(error.what(), HasSubstr("[checkpoint.keep]"));
  }
  try {
    folder.load(kTwoStores + "[checkpoint.backend.keep]\nlats = 1\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("checkpoint.backend.1.keep.lats"));
    EXPECT_THAT(error.what(), HasSubstr("last"));
  }
}

TEST(LoadPipeline, TheDefaultStoreFollowsTheRunsDirectory) {
  PipelineFolder folder;
  LoadRequest request = folder.request(kSmall);
  request.sets = {"run.directory=elsewhere"};
  EXPECT_EQ(load_pipeline(request).pipeline.checkpoint.backends[0].params.at("path").text(),
            "/work_here/elsewhere/store");
}

TEST(LoadPipeline, OneErrorCarriesAllProblems) {
  PipelineFolder folder;
  try {
    folder.load(kSmall + "[run]\nepochs = 0\nsede = 1\n");
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::InvalidArgument);
    EXPECT_THAT(error.message(), HasSubstr("2 problems"));
    ASSERT_EQ(error.notes().size(), 2u);
    EXPECT_THAT(error.notes()[0], HasSubstr("p.toml:7:10: run.epochs: expected from 1"));
    EXPECT_THAT(error.notes()[1], HasSubstr("p.toml:8:1: run.sede: unknown key; did you mean seed?"));
  }
}

TEST(LoadPipeline, IterationsReplaceEpochs) {
  PipelineFolder folder;
  LoadRequest request = folder.request(kSmall + "[run]\nepochs = 7\n");
  request.sets = {"run.iterations=20_000"};
  Pipeline p = load_pipeline(request).pipeline;
  EXPECT_EQ(p.run.iterations, 20000);
  EXPECT_EQ(p.run.epochs, 0);
  const LoadResult both = folder.read(kSmall + "[run]\nepochs = 7\niterations = 9\n");
  ASSERT_EQ(both.problems.size(), 1u);
  EXPECT_EQ(both.problems[0].key, "run.iterations");
}

TEST(LoadPipeline, PluginFoldersAreAnnouncedBeforeAnyPluginIsAsked) {
  PipelineFolder folder;
  LoadRequest request = folder.request(kSmall + "[plugins]\npath = ['mine', '/opt/x']\n");
  std::vector<std::string> calls;
  request.use_plugin_folders = [&](const auto& folders) {
    for (const auto& f : folders) calls.push_back(f.string());
  };
  request.find_factory = [&](Kind kind, std::string_view type) {
    calls.emplace_back("find");
    return folder.plugins->find(kind, type);
  };
  load_pipeline(request);
  ASSERT_GE(calls.size(), 3u);
  EXPECT_EQ(calls[0], folder.path("mine"));
  EXPECT_EQ(calls[1], "/opt/x");
  EXPECT_EQ(calls[2], "find");
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "/opt/x"), 1);
}

TEST(LoadPipeline, ARefusedLibraryIsAProblemAtItsType) {
  PipelineFolder folder;
  LoadRequest request = folder.request(kSmall);
  request.find_factory = [&](Kind kind, std::string_view type) {
    if (kind == Kind::Dataset) fail(Code::FailedPrecondition, "yolo.so was built against torch 2.10");
    return folder.plugins->find(kind, type);
  };
  const LoadResult result = read_pipeline(request);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_THAT(result.problems[0].to_text(),
              HasSubstr("p.toml:2:8: dataset.type: yolo.so was built against torch 2.10"));
}

TEST(LoadPipeline, AMissingFileIsSaid) {
  PipelineFolder folder;
  LoadRequest request = folder.request();
  const LoadResult result = read_pipeline(request);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_THAT(result.problems[0].to_text(), HasSubstr("there is no such file"));
}

TEST(LoadPipeline, AMissingFileOfNearlyTheSameNameIsNamedAndAFolderIsCalledOne) {
  PipelineFolder folder;
  folder.write("cells.toml", "");
  LoadRequest request = folder.request();
  request.path = folder.path("cels.tml");
  EXPECT_THAT(read_pipeline(request).problems[0].to_text(), HasSubstr("cells.toml?"));
  request.path = folder.path("");
  EXPECT_THAT(read_pipeline(request).problems[0].to_text(), HasSubstr("is a folder"));
}

TEST(LoadPipeline, AHugeFileIsRefusedUnread) {
  PipelineFolder folder;
  const LoadResult result = folder.read(std::string(2 << 20, '#'));
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_THAT(result.problems[0].to_text(), HasSubstr("larger than"));
}

TEST(LoadPipeline, BrokenTomlIsOneProblemWithItsPlace) {
  PipelineFolder folder;
  const LoadResult result = folder.read("[run]\nseed = = 3\n");
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_THAT(result.problems[0].to_text(), HasSubstr("p.toml:2:"));
  EXPECT_THAT(result.problems[0].to_text(), HasSubstr("not valid TOML"));
}

}  // namespace
}  // namespace cairn::test
