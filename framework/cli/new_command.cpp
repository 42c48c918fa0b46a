#include <CLI/App.hpp>
#include <iostream>
#include <memory>

#include "base/installation.h"
#include "cli/commands.h"
#include "plugin/scaffold.h"

namespace cairn {
namespace {

struct NewOptions {
  std::string kind, name, folder;
};

Kind kind_from(const std::string& name) {
  std::string known;
  for (const Kind kind : kAllKinds) {
    if (name_of(kind) == name) return kind;
    known += (known.empty() ? "" : ", ") + std::string(name_of(kind));
  }
  fail(Code::InvalidArgument, "there is no kind '", name, "' of plugins; the kinds are ", known);
}

// A build folder has no package that CMake finds.
void say_how_to_install() {
  const std::filesystem::path prefix = installation_prefix();
  if (std::filesystem::exists(prefix / "lib/cmake/cairn")) return;
  std::cout
      << "\nPlugins are built against an installed cairn, and this one runs from its build folder. Once:\n  cmake "
         "--install "
      << prefix.string() << " --prefix ~/cairn\n  export PATH=~/cairn/bin:$PATH\n";
}

int new_plugin(const NewOptions& options) {
  ScaffoldRequest request;
  request.kind = kind_from(options.kind);
  request.name = options.name;
  request.folder = options.folder.empty() ? options.name : options.folder;
  request.share = share_folder();
  for (const auto& file : scaffold(request)) std::cout << file.string() << "\n";
  say_how_to_install();
  std::cout << "\nNext:\n  cd " << request.folder.string()
            << "\n  cmake -B build && cmake --build build --parallel && ctest --test-dir build\n  cairn train "
               "pipeline.toml\n";
  return kExitDone;
}

}  // namespace

void add_new_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("new", "begin a plugin from a template");
  command->require_subcommand(1);
  CLI::App* plugin = command->add_subcommand("plugin", "a folder with a plugin that builds, is tested and trains");
  auto options = std::make_shared<NewOptions>();  // co-owned by the callback below
  plugin->add_option("kind", options->kind, "dataset, augmentation, model, optimizer, scheduler, backend or monitor")
      ->required();
  plugin->add_option("name", options->name, "the type's id, such as my_cosine; also the folder's name")->required();
  plugin->add_option("--folder", options->folder, "another folder");
  plugin->callback([&session, options] { session.action = [options] { return new_plugin(*options); }; });
}

}  // namespace cairn
