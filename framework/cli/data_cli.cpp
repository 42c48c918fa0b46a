#include <CLI/App.hpp>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/data_command.h"

namespace cairn {
namespace {

struct DataOptions {
  PipelineOptions pipeline;
  bool json = false;
};

DataCheck what_to_check(Session& session, const DataOptions& options) {
  const std::filesystem::path path = options.pipeline.path;
  if (path.extension() == ".yaml" || path.extension() == ".yml") {
    add_standard_folders(session.registry, {});
    return check_of_yaml(path);
  }
  const LoadResult loaded = load_pipeline(load_request(session, options.pipeline));
  DataCheck what;
  what.type = loaded.pipeline.dataset.type;
  what.params = loaded.pipeline.dataset.params;
  what.base_directory = std::filesystem::absolute(path).parent_path();
  return what;
}

}  // namespace

void add_data_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("data", "labelled image sets");
  command->require_subcommand(1);
  CLI::App* check = command->add_subcommand(
      "check", "read a set completely and list every problem; exit 2 when training would refuse it");
  auto options = std::make_shared<DataOptions>();  // co-owned by the callback below
  check->add_option("what", options->pipeline.path, "a pipeline file, or a data.yaml")->required();
  add_pipeline_options(*check, options->pipeline);
  check->add_flag("--json", options->json, "as JSON");
  check->callback([&session, options] {
    session.action = [&session, options] {
      DataCheck what = what_to_check(session, *options);
      what.listing = options->json ? Listing::Json : Listing::Text;
      return data_check(what, session.registry, std::cout);
    };
  });
}

}  // namespace cairn
