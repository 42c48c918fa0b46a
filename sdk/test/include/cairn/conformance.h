// The conformance kit: what cairn promises about plugins and expects of them, as checks that anyone can run on a
// library. `cairn-plugin-check` is its program, cairn/conformance_gtest.h its door for GoogleTest.
#pragma once
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <cairn/plugin.h>

namespace cairn::conformance {

// A library, and what its types need. `params` is a TOML file with one table per type, [scheduler.my_cosine]; in its
// texts ${TEMP} is a folder that lives as long as one check, ${DATA} a copy in it of the folder that `data = "..."` at
// the file's top names, ${PARAMS} the folder of the file itself. Without a file the defaults are used.
struct Subject {
  std::filesystem::path library;
  std::filesystem::path params;
};

struct Options {
  std::chrono::milliseconds limit = std::chrono::seconds(60);  // of one check
};

enum class Verdict { Passed, Failed, Skipped };
CAIRN_API std::string_view name_of(Verdict verdict);  // "passed", ...

struct Result {
  std::string check;
  Verdict verdict = Verdict::Passed;
  std::string message;  // why it failed or was skipped
  double seconds = 0;
};

// The checks that belong to the library, in the order in which they should run: "library/exports", then
// "scheduler.my_cosine/resume" and so on. When the library cannot be opened only the first group. NotFound: no such
// file.
CAIRN_API std::vector<std::string> checks_of(const Subject& subject);

// What a check demands, one sentence. NotFound for an unknown name.
CAIRN_API std::string describe(std::string_view check);

// Runs one check in a child process of its own. The caller must be the only thread of its process.
CAIRN_API Result run(const Subject& subject, const std::string& check, const Options& options = {});

// [setup] An object of the library in this process, for tests of one's own. Errors as the host reports them.
CAIRN_API std::unique_ptr<Plugin> create(const std::filesystem::path& library, Kind kind, std::string_view type,
                                         const Table& params = {}, const Context& context = {});

// The same by its interface: create<Scheduler>(CAIRN_PLUGIN_FILE, Kind::Scheduler, "my_cosine").
template <class Interface>
std::unique_ptr<Interface> create(const std::filesystem::path& library, Kind kind, std::string_view type,
                                  const Table& params = {}, const Context& context = {}) {
  return std::unique_ptr<Interface>(static_cast<Interface*>(create(library, kind, type, params, context).release()));
}

}  // namespace cairn::conformance
