#include "train/verify_resume.h"

#include <CLI/App.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "train/stores.h"

namespace cairn {
namespace {

constexpr size_t kPathsShown = 10;

struct VerifyOptions {
  PipelineOptions pipeline;
  std::string run, from, directory = "runs";
  bool json = false;
};

std::string json_text(const std::string& run, const ResumeVerdict& verdict) {
  const nlohmann::ordered_json json{
      {"run", run},           {"equal", verdict.equal()},       {"from", verdict.from},   {"to", verdict.to},
      {"rows", verdict.rows}, {"snapshots", verdict.snapshots}, {"first", verdict.first}, {"tensors", verdict.paths}};
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void print(const std::string& run, const ResumeVerdict& verdict) {
  std::cout << run << "  replayed from iteration " << verdict.from << " to " << verdict.to << ": " << verdict.rows
            << " rows of the journal and " << verdict.snapshots << " snapshots are equal\n";
  if (verdict.equal()) return;
  std::cout << "differs first at  " << verdict.first << "\n";
  for (size_t i = 0; i < std::min(verdict.paths.size(), kPathsShown); ++i) {
    std::cout << (i == 0 ? "first tensor      " : "then              ") << verdict.paths[i] << "\n";
  }
  if (verdict.paths.size() > kPathsShown)
    std::cout << "and               " << verdict.paths.size() - kPathsShown << " more\n";
}

int verify(Session& session, VerifyOptions options) {
  if (options.pipeline.path.empty()) options.pipeline.path = pipeline_of_run(options.run, options.directory).path;
  options.pipeline.run = options.run;
  const LoadRequest how = load_request(session, options.pipeline);
  const LoadResult config = load_pipeline(how);
  const OpenStores stores = open_stores(config.pipeline, session.registry, session.log);
  Store store = stores.first();
  ResumeCheck check{options.run, config.pipeline.run.directory / options.run, {}, how, &config};
  if (!options.from.empty()) {
    const std::string at = options.from.starts_with("@") ? options.from : "@" + options.from;
    check.from = moment_of(parse_snapshot_name(options.run + at));
  }
  const ResumeVerdict verdict = verify_resume(check, store, session.registry, session.log);
  if (options.json) {
    std::cout << json_text(options.run, verdict) << "\n";
  } else {
    print(options.run, verdict);
  }
  return verdict.equal() ? kExitDone : kExitFailed;
}

}  // namespace

void add_verify_resume_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand(
      "verify-resume", "replay a run from an older snapshot; name the first iteration and tensor that differ");
  auto options = std::make_shared<VerifyOptions>();  // co-owned by the callback below
  command->add_option("run", options->run, "the run's name")->required();
  command->add_option("--from", options->from,
                      "begin at the snapshot at or before this iteration, not at the last but one");
  command->add_option("--directory", options->directory, "where the run's folder is")->capture_default_str();
  command->add_option("--pipeline", options->pipeline.path,
                      "the pipeline, when the run's folder is not on this machine");
  command->add_flag("--json", options->json, "as JSON");
  add_pipeline_options(*command, options->pipeline);
  command->callback(
      [&session, options] { session.action = [&session, options] { return verify(session, *options); }; });
}

}  // namespace cairn
