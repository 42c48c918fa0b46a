#include "cli/cli.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <filesystem>
#include <iostream>

#include "cli/commands.h"
#include "cli/usage.h"
#include "plugin/crash.h"

namespace cairn {
namespace {

constexpr const char* kFooter =
    "Begin with 'cairn doctor my.toml' and 'cairn train my.toml'; 'cairn COMMAND --help' tells more.\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage or pipeline, 3 done but a required mirror is behind,\n"
    "75 interrupted with everything saved: the same line goes on.";

int run_action(Session& session) {
  try {
    return session.action ? session.action() : kExitUsage;
  } catch (const Error& error) {
    session.log.write(Level::Error, error.what());
    return error.code() == Code::InvalidArgument ? kExitUsage : kExitFailed;
  } catch (const std::filesystem::filesystem_error& error) {
    session.log.write(Level::Error, cat(error.path1().string(), ": ", error.code().message()));
    return kExitFailed;
  } catch (const std::exception& error) {
    session.log.write(Level::Error, error.what());
    return kExitFailed;
  }
}

int wrong_usage(const std::string& text) {
  std::cerr << text << "\nRun with --help for more information.\n";
  return kExitUsage;
}

std::string shell_word(const std::string& word) {
  if (!word.empty() && word.find_first_of(" \t\n\"'$`\\*?[]{}()<>|&;#!~") == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string shell_line(int argc, char** argv) {
  std::string line = "cairn";
  for (int i = 1; i < argc; ++i) line += " " + shell_word(argv[i]);
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
  app.footer(kFooter);  // last: commands would inherit it
  // CLI11 says only that a command is required.
  if (const std::string unknown = unknown_command(app, argc, argv); !unknown.empty()) return wrong_usage(unknown);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ExtrasError&) {
    return wrong_usage(unexpected_words(app));
  } catch (const CLI::ParseError& error) {
    app.exit(error, std::cerr, std::cerr);
    return kExitUsage;
  }
  return run_action(session);
}

}  // namespace cairn
