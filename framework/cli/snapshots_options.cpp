#include "cli/snapshots_options.h"

#include <CLI/App.hpp>

namespace cairn {
namespace {

Pipeline pipeline_for(Session& session, SnapshotOptions& options, const std::string& run) {
  if (options.pipeline.path.empty()) options.pipeline.path = pipeline_of_run(run, options.directory).path;
  return load_pipeline(load_request(session, options.pipeline)).pipeline;
}

}  // namespace

void add_store_options(CLI::App& command, SnapshotOptions& options) {
  command.add_option("--store", options.store, "the folder of a local store");
  command.add_option("--pipeline", options.pipeline.path, "take the store from this pipeline");
  command.add_option("--directory", options.directory, "where the run's folder is")->capture_default_str();
  add_pipeline_options(command, options.pipeline);
}

OpenStores store_in_folder(Session& session, const std::string& folder) {
  add_standard_folders(session.registry, {});
  Pipeline pipeline;
  BackendTable local;
  local.type = "local";
  local.params["path"] = std::filesystem::absolute(folder).string();
  pipeline.checkpoint.backends = {local};
  return open_stores(pipeline, session.registry, session.log);
}

OpenStores stores_for(Session& session, SnapshotOptions& options, const std::string& run) {
  if (!options.store.empty()) return store_in_folder(session, options.store);
  return open_stores(pipeline_for(session, options, run), session.registry, session.log, StoreCache::PassBy);
}

KeepPolicy policy_for(Session& session, SnapshotOptions& options, const std::string& run) {
  return keep_policy(pipeline_for(session, options, run).checkpoint.keep);
}

}  // namespace cairn
