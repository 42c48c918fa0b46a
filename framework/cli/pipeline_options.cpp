#include <CLI/App.hpp>

#include <algorithm>

#include "base/nearest.h"
#include "cli/commands.h"
#include "store/find_snapshot.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;
constexpr const char* kPipelineOfRun = "pipeline.toml";
constexpr size_t kMostRuns = 12;

std::vector<std::string> runs_in(const fs::path& directory) {
  std::vector<std::string> runs;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(directory, none)) {
    if (fs::exists(entry.path() / kPipelineOfRun, none)) runs.push_back(entry.path().filename().string());
  }
  std::sort(runs.begin(), runs.end());
  return runs;
}

[[noreturn]] void no_such_run(const std::string& run, const fs::path& directory, const fs::path& file) {
  std::vector<std::string> runs = runs_in(directory);
  const std::string meant = nearest(run, runs);
  const char* more = runs.size() > kMostRuns ? ", ..." : "";
  runs.resize(std::min(runs.size(), kMostRuns));
  fail(Code::InvalidArgument, "run '", run, "': there is no ", file.string(),
       runs.empty() ? "" : cat("; ", directory.string(), " has ", join(runs, ", "), more),
       ". --directory says where its folder is, --pipeline stands in for it on another machine",
       meant.empty() ? "" : cat(". Did you mean ", meant, "?"));
}

}  // namespace

void add_pipeline_options(CLI::App& command, PipelineOptions& options) {
  command.add_option("--set", options.sets, "set a value: --set optimizer.lr=0.02; may be repeated")
      ->allow_extra_args(false);
  command.add_option("--site", options.site, "lay a site file over the pipeline: a name or a path");
}

LoadRequest load_request(Session& session, const PipelineOptions& options) {
  LoadRequest request;
  request.path = options.path;
  request.sets = options.sets;
  if (!options.run.empty()) request.sets.push_back("run.name=\"" + options.run + "\"");
  request.site = options.site;
  request.use_plugin_folders = [&session](const std::vector<std::filesystem::path>& folders) {
    add_standard_folders(session.registry, folders);
  };
  request.find_factory = [&session](Kind kind, std::string_view type) {
    const FactoryDescriptor* factory = session.registry.find(kind, type);
    const bool refused = factory == nullptr && !session.registry.refused().empty();
    return refused ? &session.registry.require(kind, type) : factory;  // throws with the reasons
  };
  request.known_types = [&session](Kind kind) { return session.registry.types(kind); };
  return request;
}

std::pair<std::string, std::string> split_snapshot_name(const std::string& name) {
  const SnapshotName parsed = parse_snapshot_name(name);
  if (!parsed.id.empty()) return {parsed.run, parsed.id};
  return {parsed.run, name.substr(parsed.run.size())};
}

PipelineOptions pipeline_of_run(const std::string& run, const std::string& directory) {
  const fs::path file = fs::path(directory) / run / kPipelineOfRun;
  if (!fs::exists(file)) no_such_run(run, directory, file);
  PipelineOptions options;
  options.path = file.string();
  return options;
}

}  // namespace cairn
