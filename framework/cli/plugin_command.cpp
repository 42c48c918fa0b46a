#include <CLI/App.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"

namespace cairn {
namespace {

using Json = nlohmann::ordered_json;

struct PluginOptions {
  std::vector<std::string> path;
  std::string name;
  bool json = false;
};

void add_folders(Session& session, const PluginOptions& options) {
  add_standard_folders(session.registry, {options.path.begin(), options.path.end()});
}

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
void each_factory(Session& session, const Function& function) {
  const auto& libraries = session.registry.open_all();
  for (Kind kind : kAllKinds) {
    for (const auto& library : libraries) {
      for (const FactoryDescriptor& factory : library->descriptor->factories) {
        if (factory.kind == kind) function(factory, *library);
      }
    }
  }
}

int list_plugins(Session& session, const PluginOptions& options) {
  add_folders(session, options);
  Json all = Json::array();
  each_factory(session, [&](const FactoryDescriptor& factory, const Library& library) {
    if (options.json) {
      all.push_back(factory_json(factory, library));
    } else {
      std::cout << name_of(factory.kind) << std::string(14 - name_of(factory.kind).size(), ' ') << factory.type
                << std::string(factory.type.size() < 20 ? 20 - factory.type.size() : 1, ' ') << factory.help << "\n";
    }
  });
  if (options.json) std::cout << all.dump(2) << "\n";
  for (const RefusedLibrary& refused : session.registry.refused()) session.log.warn("refused ", refused.reason);
  return kExitDone;
}

void print_factory(const FactoryDescriptor& factory, const Library& library) {
  std::cout << name_of(factory.kind) << " " << factory.type << ": " << factory.help << "\n  plugin "
            << library.descriptor->id << " " << library.descriptor->version << ", " << library.file.string() << "\n";
  for (const ParamSpec& spec : factory.params) {
    std::cout << "  " << spec.name << " = " << spec.default_value.to_text();
    if (spec.unit != Unit::None) std::cout << " " << name_of(spec.unit);
    std::cout << "   # " << spec.help << "\n";
  }
  for (const Preset& preset : factory.presets) std::cout << "  preset " << preset.name << "\n";
}

int show_plugin(Session& session, const PluginOptions& options) {
  add_folders(session, options);
  int64_t shown = 0;
  each_factory(session, [&](const FactoryDescriptor& factory, const Library& library) {
    if (factory.type != options.name && library.descriptor->id != options.name) return;
    ++shown;
    if (options.json) {
      std::cout << factory_json(factory, library).dump(2) << "\n";
    } else {
      print_factory(factory, library);
    }
  });
  if (shown == 0)
    fail(Code::InvalidArgument, "no plugin and no type is named '", options.name, "'; `cairn plugin list` lists them");
  return kExitDone;
}

}  // namespace

void add_plugin_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("plugin", "what plugins there are");
  command->require_subcommand(1);
  auto options = std::make_shared<PluginOptions>();  // co-owned by the callbacks below
  CLI::App* list = command->add_subcommand("list", "every kind and type");
  CLI::App* show = command->add_subcommand("show", "the parameters of a type, or of all types of a plugin");
  show->add_option("name", options->name, "a type, or a plugin's id")->required();
  for (CLI::App* each : {list, show}) {
    each->add_option("--path", options->path, "a further folder with plugins")->allow_extra_args(false);
    each->add_flag("--json", options->json, "as JSON");
  }
  list->callback(
      [&session, options] { session.action = [&session, options] { return list_plugins(session, *options); }; });
  show->callback(
      [&session, options] { session.action = [&session, options] { return show_plugin(session, *options); }; });
}

}  // namespace cairn
