#include "cli/cli.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <iostream>

#include "base/nearest.h"
#include "cli/commands.h"
#include "plugin/crash.h"

namespace cairn {
namespace {

int run_action(Session& session) {
  try {
    return session.action ? session.action() : kExitUsage;
  } catch (const Error& error) {
    session.log.write(Level::Error, error.what());
    return error.code() == Code::InvalidArgument ? kExitUsage : kExitFailed;
  } catch (const std::exception& error) {
    session.log.write(Level::Error, error.what());
    return kExitFailed;
  }
}

// CLI11 says only that a command is required. Empty: `word` is one.
std::string unknown_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (each->get_name() == word) return {};
    names.push_back(each->get_name());
  }
  const std::string meant = nearest(word, names);
  return cat("unknown command '", word, "'", meant.empty() ? "" : "; did you mean " + meant + "?");
}

std::string shell_line(int argc, char** argv) {
  std::string line = "cairn";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain = !word.empty() && word.find_first_of(" \t\"'$`\\*?[]{}()<>|&;#!~") == std::string::npos;
    line += plain ? " " + word : " '" + word + "'";
  }
  return line;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  std::signal(SIGCHLD, SIG_DFL);  // where it is ignored nobody hears how git ended
  install_crash_handler();
  Session session;
  session.command_line = shell_line(argc, argv);
  CLI::App app("cairn trains object detectors and loses nothing when it is interrupted");
  app.set_version_flag("--version", CAIRN_VERSION);
  app.require_subcommand(1);
  add_train_command(app, session);
  add_resume_command(app, session);
  add_branch_command(app, session);
  add_verify_resume_command(app, session);
  add_val_command(app, session);
  add_predict_command(app, session);
  add_export_command(app, session);
  add_snapshots_command(app, session);
  add_store_command(app, session);
  add_key_command(app, session);
  add_config_command(app, session);
  add_data_command(app, session);
  add_plugin_command(app, session);
  add_new_command(app, session);
  add_doctor_command(app, session);
  if (argc > 1 && argv[1][0] != '-') {
    if (const std::string unknown = unknown_command(app, argv[1]); !unknown.empty()) {
      std::cerr << unknown << "\nRun with --help for the commands.\n";
      return kExitUsage;
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    app.exit(error, std::cerr, std::cerr);
    return kExitUsage;
  }
  return run_action(session);
}

}  // namespace cairn
