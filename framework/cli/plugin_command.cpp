#include <unistd.h>
#include <CLI/App.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/commands.h"
#include "plugin/look.h"

namespace cairn {
namespace {

using Json = nlohmann::ordered_json;

struct PluginOptions {
  std::vector<std::string> path;
  std::string name;
  bool json = false;
};

Json param_json(const ParamSpec& spec) {
  Json json{{"name", spec.name},
            {"type", name_of(spec.type)},
            {"default", spec.default_value.to_text()},
            {"help", spec.help}};
  if (spec.unit != Unit::None) json["unit"] = name_of(spec.unit);
  if (spec.range.low) json["low"] = *spec.range.low;
  if (spec.range.high) json["high"] = *spec.range.high;
  if (!spec.choices.empty()) json["choices"] = spec.choices;
  return json;
}

Json factory_json(const FactoryDescriptor& factory, const Library& library) {
  Json json{{"kind", name_of(factory.kind)},
            {"type", factory.type},
            {"help", factory.help},
            {"plugin", library.descriptor->id},
            {"version", library.descriptor->version},
            {"file", library.file.string()}};
  json["params"] = Json::array();
  for (const ParamSpec& spec : factory.params) json["params"].push_back(param_json(spec));
  json["presets"] = Json::array();
  for (const Preset& preset : factory.presets) json["presets"].push_back(preset.name);
  return json;
}

template <class Function>
void each_factory(Registry& registry, const Function& function) {
  const auto& libraries = registry.open_all();
  for (Kind kind : kAllKinds) {
    for (const auto& library : libraries) {
      for (const FactoryDescriptor& factory : library->descriptor->factories) {
        if (factory.kind == kind) function(factory, *library);
      }
    }
  }
}

std::string padded(std::string_view text, size_t width) {
  return std::string(text) + std::string(text.size() < width ? width - text.size() : 1, ' ');
}

std::string listed(Registry& registry, Listing listing) {
  std::ostringstream out;
  Json all = Json::array();
  each_factory(registry, [&](const FactoryDescriptor& factory, const Library& library) {
    if (listing == Listing::Json) {
      all.push_back(factory_json(factory, library));
    } else {
      out << padded(name_of(factory.kind), 14) << padded(factory.type, 20) << factory.help << "\n";
    }
  });
  if (listing == Listing::Json) out << all.dump(2) << "\n";
  return std::move(out).str();
}

void print_factory(std::ostream& out, const FactoryDescriptor& factory, const Library& library) {
  out << name_of(factory.kind) << " " << factory.type << ": " << factory.help << "\n  plugin " << library.descriptor->id
      << " " << library.descriptor->version << ", " << library.file.string() << "\n";
  for (const ParamSpec& spec : factory.params) {
    out << "  " << spec.name << " = " << spec.default_value.to_text();
    if (spec.unit != Unit::None) out << " " << name_of(spec.unit);
    out << "   # " << spec.help << "\n";
  }
  for (const Preset& preset : factory.presets) out << "  preset " << preset.name << "\n";
}

// Empty when nothing has the name.
std::string shown(Registry& registry, const std::string& name, Listing listing) {
  std::ostringstream out;
  each_factory(registry, [&](const FactoryDescriptor& factory, const Library& library) {
    if (factory.type != name && library.descriptor->id != name) return;
    if (listing == Listing::Json) {
      out << factory_json(factory, library).dump(2) << "\n";
    } else {
      print_factory(out, factory, library);
    }
  });
  return std::move(out).str();
}

LookResult look(const PluginOptions& options, std::function<std::string(Registry&)> function) {
  return look_at_plugins({{options.path.begin(), options.path.end()}, std::move(function)});
}

int list_plugins(Session& session, const PluginOptions& options) {
  const Listing listing = options.json ? Listing::Json : Listing::Text;
  const LookResult result = look(options, [&](Registry& registry) { return listed(registry, listing); });
  std::cout << result.found;
  for (const RefusedLibrary& refused : result.refused) session.log.warn("refused ", refused.reason);
  return kExitDone;
}

int show_plugin(Session& session, const PluginOptions& options) {
  const Listing listing = options.json ? Listing::Json : Listing::Text;
  const LookResult result = look(options, [&](Registry& registry) { return shown(registry, options.name, listing); });
  std::cout << result.found;
  if (!result.found.empty()) return kExitDone;
  for (const RefusedLibrary& refused : result.refused) session.log.warn("refused ", refused.reason);
  fail(Code::InvalidArgument, "no plugin and no type is named '", options.name, "'; `cairn plugin list` lists them");
}

// Becomes cairn-plugin-check, which lies beside this program.
int check_plugin(const std::vector<std::string>& arguments) {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "cairn-plugin-check";
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  fail(Code::NotFound, "cannot start ", program.string(), "; the installation is incomplete");
}

}  // namespace

void add_plugin_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("plugin", "what plugins there are, and whether one is as it should be");
  command->require_subcommand(1);
  auto options = std::make_shared<PluginOptions>();  // co-owned by the callbacks below
  CLI::App* list = command->add_subcommand("list", "every kind and type");
  CLI::App* show = command->add_subcommand("show", "the parameters of a type, or of all types of a plugin");
  show->add_option("name", options->name, "a type, or a plugin's id")->required();
  for (CLI::App* each : {list, show}) {
    each->add_option("--path", options->path, "a further folder with plugins")->allow_extra_args(false);
    each->add_flag("--json", options->json, "as JSON");
  }
  CLI::App* check = command->add_subcommand("check", "run the conformance kit on a library; takes its options");
  check->prefix_command();
  check->set_help_flag();  // the kit's own help
  list->callback(
      [&session, options] { session.action = [&session, options] { return list_plugins(session, *options); }; });
  show->callback(
      [&session, options] { session.action = [&session, options] { return show_plugin(session, *options); }; });
  check->callback([&session, check] { session.action = [check] { return check_plugin(check->remaining()); }; });
}

}  // namespace cairn
