// What is said about words of a command line that no command knows.
#pragma once
#include <string>

namespace CLI {
class App;
}

namespace cairn {

// The first word that is no command where only a command can stand; empty: there is none. Before parsing.
std::string unknown_command(const CLI::App& app, int argc, char** argv);

// The words that parsing left over.
std::string unexpected_words(const CLI::App& app);

}  // namespace cairn
