#include <unistd.h>
#include <CLI/App.hpp>
#include <memory>

#include <cairn/file.h>

#include "cli/commands.h"
#include "train/trainer.h"

namespace cairn {
namespace {

struct TrainOptions {
  PipelineOptions pipeline;
  std::vector<std::string> allow;
  std::string run, directory = "runs";
  bool fresh = false;
};

void add_allow(CLI::App& command, TrainOptions& options) {
  command
      .add_option("--allow", options.allow,
                  "accept a difference on resume: pipeline, dataset, device, precision, threads, plugins, libraries, "
                  "rollback (stores that lack what this machine saw last); may be repeated")
      ->allow_extra_args(false)
      ->check(
          CLI::IsMember({"pipeline", "dataset", "device", "precision", "threads", "plugins", "libraries", "rollback"}));
}

int run_training(Session& session, const TrainOptions& options, Begin begin, const std::string& snapshot) {
  TrainRequest request;
  request.how = load_request(session, options.pipeline);
  request.config = load_pipeline(request.how);
  request.begin = begin;
  request.snapshot = snapshot;
  request.allow = {options.allow.begin(), options.allow.end()};
  if (begin == Begin::Continue && !options.pipeline.sets.empty()) request.allow.insert("pipeline");  // asked for
  request.command = session.command_line;
  const RunTable& run = request.config.pipeline.run;
  real_files().make_folders(run.directory / run.name);
  session.log.also_to(run.directory / run.name / "log.txt");
  session.log.debug("process ", getpid(), " of cairn ", CAIRN_VERSION, " in ", std::filesystem::current_path().string(),
                    ": ", session.command_line);
  const TrainResult result = train(request, session.registry, session.log);
  if (result.interrupted) return kExitInterrupted;
  return result.behind.empty() ? kExitDone : kExitMirrorBehind;
}

}  // namespace

void add_train_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("train", "train; the same line after an interruption continues");
  auto options = std::make_shared<TrainOptions>();  // co-owned by the callbacks below
  command->add_option("pipeline", options->pipeline.path, "the pipeline file")->required();
  add_pipeline_options(*command, options->pipeline);
  command->add_option("--run", options->pipeline.run, "name of the run, instead of run.name")
      ->check([](const std::string& name) { return name.empty() ? "a run's name is not empty" : ""; });
  command->add_flag("--fresh", options->fresh, "refuse to continue a run that exists");
  add_allow(*command, *options);
  command->callback([&session, options] {
    session.action = [&session, options] {
      return run_training(session, *options, options->fresh ? Begin::Fresh : Begin::NewOrContinue, "");
    };
  });
}

void add_resume_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand(
      "resume", "continue a run from its newest intact snapshot, or from any iteration; --set changes what follows");
  auto options = std::make_shared<TrainOptions>();  // co-owned by the callbacks below
  auto from = std::make_shared<std::string>();
  command->add_option("run", options->run, "RUN, RUN@N (any iteration), RUN@N- (before its evaluation), RUN@id:1a2b")
      ->required();
  command->add_option("--from", *from, "a certain snapshot: the beginning of its id");
  command->add_option("--directory", options->directory, "where the run's folder is")->capture_default_str();
  command->add_option("--pipeline", options->pipeline.path,
                      "the pipeline, when the run's folder is not on this machine");
  add_pipeline_options(*command, options->pipeline);
  add_allow(*command, *options);
  command->callback([&session, options, from] {
    session.action = [&session, options, from] {
      const auto [run, snapshot] = split_snapshot_name(options->run);
      options->run = run;
      if (!snapshot.empty()) *from = snapshot;
      if (options->pipeline.path.empty())
        options->pipeline.path = pipeline_of_run(options->run, options->directory).path;
      options->pipeline.run = options->run;
      return run_training(session, *options, Begin::Continue, *from);
    };
  });
}

}  // namespace cairn
