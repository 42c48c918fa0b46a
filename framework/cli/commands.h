// What the commands share, and the functions that add them to the command line. One file per command.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/listing.h"
#include "base/terminal_log.h"
#include "config/load.h"
#include "plugin/registry.h"

namespace CLI {
class App;
}

namespace cairn {

inline constexpr int kExitDone = 0, kExitFailed = 1, kExitUsage = 2, kExitMirrorBehind = 3, kExitInterrupted = 75;

// One process. Commands put what they will do into `action`; it runs after the whole line has been parsed.
struct Session {
  TerminalLog log;
  Registry registry;
  std::function<int()> action;
  std::string command_line;  // as typed, for messages that say how to go on
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
};

// The options with which every command takes a pipeline.
struct PipelineOptions {
  std::string path;
  std::vector<std::string> sets;
  std::string site;
  std::string run;  // overrides run.name
};
void add_pipeline_options(CLI::App& command, PipelineOptions& options);
LoadRequest load_request(Session& session, const PipelineOptions& options);

// The pipeline of a run that exists: <directory>/<run>/pipeline.toml as the run wrote it.
PipelineOptions pipeline_of_run(const std::string& run, const std::string& directory);

// "RUN@N" -> {"RUN", "@N"}, "RUN@id:1a2b" -> {"RUN", "1a2b"}, "RUN" -> {"RUN", ""}. InvalidArgument for anything else.
std::pair<std::string, std::string> split_snapshot_name(const std::string& name);

void add_train_command(CLI::App& app, Session& session);
void add_resume_command(CLI::App& app, Session& session);
void add_branch_command(CLI::App& app, Session& session);
void add_verify_resume_command(CLI::App& app, Session& session);
void add_val_command(CLI::App& app, Session& session);
void add_predict_command(CLI::App& app, Session& session);
void add_export_command(CLI::App& app, Session& session);
void add_config_command(CLI::App& app, Session& session);
void add_plugin_command(CLI::App& app, Session& session);
void add_new_command(CLI::App& app, Session& session);
void add_data_command(CLI::App& app, Session& session);
void add_snapshots_command(CLI::App& app, Session& session);
void add_store_command(CLI::App& app, Session& session);
void add_key_command(CLI::App& app, Session& session);
void add_doctor_command(CLI::App& app, Session& session);

}  // namespace cairn
