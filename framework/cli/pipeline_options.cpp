#include <CLI/App.hpp>

#include "cli/commands.h"
#include "store/find_snapshot.h"

namespace cairn {

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
  const std::filesystem::path file = std::filesystem::path(directory) / run / "pipeline.toml";
  if (!std::filesystem::exists(file)) {
    fail(Code::InvalidArgument, "run '", run, "': there is no ", file.string(),
         "; give --directory where its folder is, or --pipeline when this machine does not have it");
  }
  PipelineOptions options;
  options.path = file.string();
  return options;
}

}  // namespace cairn
