#include "cli/usage.h"

#include <CLI/App.hpp>
#include <algorithm>

#include <cairn/error.h>

#include "base/nearest.h"

namespace cairn {
namespace {

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::string meant = nearest(word, known);
  return meant.empty() ? "" : "; did you mean " + meant + "?";
}

const CLI::App& given_command(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return *command;
}

std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

}  // namespace

std::string unknown_command(const CLI::App& app, int argc, char** argv) {
  const CLI::App* at = &app;
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    const std::string word = argv[i];
    const auto commands = at->get_subcommands([](const CLI::App*) { return true; });
    if (commands.empty()) break;
    std::vector<std::string> names;
    for (const CLI::App* each : commands) names.push_back(each->get_name());
    const auto found = std::find(names.begin(), names.end(), word);
    if (found == names.end()) {
      const std::string of = at == &app ? "" : " of 'cairn " + at->get_name() + "'";
      return cat("unknown command '", word, "'", of, suggestion(word, names));
    }
    at = commands[static_cast<size_t>(found - names.begin())];
  }
  return {};
}

std::string unexpected_words(const CLI::App& app) {
  const CLI::App& command = given_command(app);
  const std::vector<std::string> words = app.remaining(true);
  const auto option = std::find_if(words.begin(), words.end(), [](const auto& word) { return word.starts_with("-"); });
  if (option == words.end()) return cat("one argument too many: '", words.front(), "'");
  const std::string name = option->substr(0, option->find('='));
  const std::vector<std::string> known = options_of(command);
  const bool sets = std::find(known.begin(), known.end(), "--set") != known.end();
  const std::string meant = suggestion(name, known);
  return cat("unknown option '", name, "'", meant,
             meant.empty() && sets ? "; values of the pipeline are given as in --set run.epochs=50" : "");
}

}  // namespace cairn
