// The tables and keys of a pipeline that belong to the host. Parsing, defaults, help, schema and reference come from
// here.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cairn/params.h>
#include <cairn/plugin.h>

namespace cairn {

enum class PathRole { None, Input, Output };  // Input: starts at the file that names it; Output: at the working folder

struct HostKey {
  ParamSpec spec;
  std::string word;  // may stand instead of a number: "auto"
  PathRole path = PathRole::None;
  bool required = false;
  // What would be right, when a value that fits `spec` is still wrong; else empty. Null: anything that fits is right.
  std::string (*expected_instead)(const Value&) = nullptr;
};

struct HostTable {
  std::string path;  // "checkpoint.keep"
  std::string help;
  std::optional<Kind> kind;  // its other keys are parameters of the plugin that `type` names
  bool array = false;        // [[...]]
  bool optional = false;     // has no defaults of its own: absent unless a layer has it
  std::vector<HostKey> keys;
};

const std::vector<HostTable>& host_tables();  // in the order of Pipeline
const HostTable& host_table(std::string_view path);
bool is_host_key(const HostTable& table, std::string_view name);
// "" -> run, plugins, ...; "checkpoint" -> keep, backend
std::vector<std::string> tables_inside(std::string_view path);

// Keys that stand above all tables.
inline constexpr std::string_view kIncludeKey = "include", kResolvedKey = "resolved",
                                  kAllowNumericsKey = "allow_numerics";

// A plugin's parameter that names a file or folder, by its name: path, root, weights, file, folder, directory, or one
// of these behind an underscore.
bool names_path(std::string_view parameter);

}  // namespace cairn
