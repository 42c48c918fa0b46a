#include "plugin/registry.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "base/installation.h"
#include "base/nearest.h"
#include "plugin/call.h"

namespace cairn {
namespace fs = std::filesystem;

void Registry::add_folder(const fs::path& folder, FolderRole role) {
  folders_.push_back({folder, role});
}

void Registry::open(const fs::path& file) {
  if (!seen_.emplace(fs::weakly_canonical(file), true).second) return;
  if (tell_) tell_(file);
  try {
    Library library = open_library(file);
    for (const auto& other : libraries_) {
      if (other->descriptor->id == library.descriptor->id) {
        fail(Code::AlreadyExists, "plugin id '", library.descriptor->id, "' is already taken by ",
             other->file.string());
      }
    }
    libraries_.push_back(std::make_unique<Library>(std::move(library)));
  } catch (const Error& error) {
    const bool named = error.message().starts_with(file.string());
    refused_.push_back({file, named ? error.message() : cat(file.string(), ": ", error.message())});
  }
}

void Registry::refuse(const fs::path& file, std::string reason) {
  if (seen_.emplace(fs::weakly_canonical(file), true).second) refused_.push_back({file, std::move(reason)});
}

void Registry::open_folder(const Folder& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder.path, error)) {
    if (entry.path().extension() == ".so") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) open(file);
}

const FactoryDescriptor* Registry::known(Kind kind, std::string_view type) const {
  const FactoryDescriptor* found = nullptr;
  const Library* first = nullptr;
  for (const auto& library : libraries_) {
    for (const FactoryDescriptor& factory : library->descriptor->factories) {
      if (factory.kind != kind || factory.type != type) continue;
      if (found != nullptr) {
        fail(Code::AlreadyExists, name_of(kind), " '", type, "' is in two plugin libraries, ", first->file.string(),
             " and ", library->file.string(), "; remove one or rename its type");
      }
      found = &factory;
      first = library.get();
    }
  }
  return found;
}

const FactoryDescriptor* Registry::find(Kind kind, std::string_view type) {
  const std::string file_name = cat(name_of(kind), "s_", type, ".so");
  for (const Folder& folder : folders_) {
    if (folder.role == FolderRole::Named) open_folder(folder);
    if (std::error_code error; folder.role == FolderRole::Installed && fs::exists(folder.path / file_name, error))
      open(folder.path / file_name);
  }
  if (const FactoryDescriptor* found = known(kind, type)) return found;
  open_all();
  return known(kind, type);
}

const std::vector<std::unique_ptr<Library>>& Registry::open_all() {
  for (const Folder& folder : folders_) open_folder(folder);
  return libraries_;
}

const FactoryDescriptor& Registry::require(Kind kind, std::string_view type) {
  if (const FactoryDescriptor* found = find(kind, type)) return *found;
  fail(Code::NotFound, describe_unknown(kind, type));
}

std::string Registry::describe_unknown(Kind kind, std::string_view type) {
  std::ostringstream out;
  out << "no plugin has " << name_of(kind) << " '" << type << "'";
  const std::vector<std::string> existing = by_distance(type, types(kind));
  out << "\n  known: " << (existing.empty() ? "none" : join(existing, ", ")) << "\n  searched:";
  for (const Folder& folder : folders_)
    out << " " << folder.path.string() << (fs::exists(folder.path) ? "" : " (absent)");
  for (const RefusedLibrary& refused : refused_) out << "\n  refused: " << refused.reason;
  return std::move(out).str();
}

std::vector<std::string> Registry::types(Kind kind) {
  std::vector<std::string> out;
  for (const auto& library : open_all()) {
    for (const FactoryDescriptor& factory : library->descriptor->factories) {
      if (factory.kind == kind) out.push_back(factory.type);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

const Library& Registry::library_of(const FactoryDescriptor& factory) const {
  for (const auto& library : libraries_) {
    for (const FactoryDescriptor& own : library->descriptor->factories) {
      if (&own == &factory) return *library;
    }
  }
  fail(Code::Internal, "factory '", factory.type, "' belongs to no library of this registry");
}

std::unique_ptr<Plugin> Registry::create(Kind kind, std::string_view type, const Table& params,
                                         const Context& context) {
  const FactoryDescriptor& factory = require(kind, type);
  const std::string name = cat(name_of(kind), " ", type);
  auto plugin = call_plugin(name, "create", [&] { return factory.create(params, context); });
  if (plugin == nullptr)
    fail(Code::Internal, name, ": its create function returned nothing (", library_of(factory).file.string(), ")");
  return plugin;
}

void add_standard_folders(Registry& registry, const std::vector<fs::path>& pipeline_folders) {
  for (const fs::path& folder : pipeline_folders) registry.add_folder(folder, FolderRole::Named);
  if (const char* path = std::getenv("CAIRN_PLUGIN_PATH")) {
    std::istringstream in(path);
    for (std::string folder; std::getline(in, folder, ':');) {
      if (!folder.empty()) registry.add_folder(folder, FolderRole::Named);
    }
  }
  registry.add_folder(installation_prefix() / "lib/cairn/plugins", FolderRole::Installed);
}

}  // namespace cairn
