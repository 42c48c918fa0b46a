#include <CLI/App.hpp>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "config/report.h"
#include "config/schema.h"
#include "config/show.h"

namespace cairn {
namespace {

struct ConfigOptions : PipelineOptions {
  bool json = false;      // of check and show
  bool markdown = false;  // of schema
};

int check(Session& session, const ConfigOptions& options) {
  const LoadRequest request = load_request(session, options);
  if (options.json) {
    const LoadResult result = read_pipeline(request);
    std::cout << problems_json(result).dump(2) << "\n";
    return result.problems.empty() ? kExitDone : kExitUsage;
  }
  load_pipeline(request);
  session.log.info(options.path, ": good");
  return kExitDone;
}

int show_config(Session& session, const ConfigOptions& options) {
  const LoadResult loaded = load_pipeline(load_request(session, options));
  std::cout << (options.json ? values_json(loaded).dump(2) + "\n" : show(loaded));
  return kExitDone;
}

int print_schema(Session& session, const ConfigOptions& options) {
  add_standard_folders(session.registry, {});
  std::vector<const FactoryDescriptor*> factories;
  for (const auto& library : session.registry.open_all()) {
    for (const FactoryDescriptor& factory : library->descriptor->factories) factories.push_back(&factory);
  }
  std::cout << (options.markdown ? reference_markdown(factories) : schema(factories).dump(2) + "\n");
  return kExitDone;
}

}  // namespace

void add_config_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("config", "pipeline files");
  command->require_subcommand(1);
  auto options = std::make_shared<ConfigOptions>();  // co-owned by the callbacks below
  CLI::App* check_command =
      command->add_subcommand("check", "all mistakes of a pipeline at once; exit 2 when there are any");
  CLI::App* show_command = command->add_subcommand("show", "every value and where it came from");
  for (CLI::App* each : {check_command, show_command}) {
    each->add_option("pipeline", options->path, "the pipeline file")->required();
    each->add_flag("--json", options->json, "as JSON");
    add_pipeline_options(*each, *options);
  }
  check_command->callback(
      [&session, options] { session.action = [&session, options] { return check(session, *options); }; });
  show_command->callback(
      [&session, options] { session.action = [&session, options] { return show_config(session, *options); }; });
  CLI::App* schema_command = command->add_subcommand("schema", "JSON schema of pipeline files, for editors");
  schema_command->add_flag("--markdown", options->markdown, "every key as a table for people instead");
  schema_command->callback(
      [&session, options] { session.action = [&session, options] { return print_schema(session, *options); }; });
}

}  // namespace cairn
