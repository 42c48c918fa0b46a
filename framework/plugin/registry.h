// Which plugins there are, and objects made from them. An object of the host: nothing here is global.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/library.h"

namespace cairn {

// Named: a folder that the pipeline or the environment names; all its libraries are opened when a type is looked up.
// Installed: cairn's own folder; a library is opened when its file name says that it may hold the type
// (<kind>s_<type>.so).
enum class FolderRole { Named, Installed };

struct RefusedLibrary {
  std::filesystem::path file;
  std::string reason;
};

// [setup] Not thread-safe. Descriptors and objects stay valid when the registry is gone.
class Registry {
 public:
  // A folder that is absent is remembered for messages, and is no error.
  void add_folder(const std::filesystem::path& folder, FolderRole role = FolderRole::Installed);
  // Null when no library has it. AlreadyExists when two libraries have it; both are named.
  const FactoryDescriptor* find(Kind kind, std::string_view type);
  // As find; NotFound lists the folders searched, the ids that exist, nearest first, and the files refused with their
  // reasons.
  const FactoryDescriptor& require(Kind kind, std::string_view type);
  // A library that is not to be opened, and why; counts as refused.
  void refuse(const std::filesystem::path& file, std::string reason);
  // Called with each file before it is opened.
  void on_open(std::function<void(const std::filesystem::path&)> tell) { tell_ = std::move(tell); }
  std::vector<std::string> types(Kind kind);  // opens everything; sorted
  const Library& library_of(const FactoryDescriptor& factory) const;
  const std::vector<std::unique_ptr<Library>>& open_all();
  const std::vector<RefusedLibrary>& refused() const { return refused_; }

  // InvalidArgument for a bad parameter. Exceptions of the plugin become Error (call.h).
  std::unique_ptr<Plugin> create(Kind kind, std::string_view type, const Table& params, const Context& context);
  template <class Interface>
  std::unique_ptr<Interface> create(std::string_view type, const Table& params, const Context& context);

 private:
  struct Folder {
    std::filesystem::path path;
    FolderRole role;
  };
  void open(const std::filesystem::path& file);
  void open_folder(const Folder& folder);
  const FactoryDescriptor* known(Kind kind, std::string_view type) const;
  std::string describe_unknown(Kind kind, std::string_view type);

  std::vector<Folder> folders_;
  std::vector<std::unique_ptr<Library>> libraries_;
  std::vector<RefusedLibrary> refused_;
  std::map<std::filesystem::path, bool> seen_;
  std::function<void(const std::filesystem::path&)> tell_;
};

template <class Interface>
struct KindOf;
template <>
struct KindOf<class Dataset> {
  static constexpr Kind kind = Kind::Dataset;
};
template <>
struct KindOf<class Augmentation> {
  static constexpr Kind kind = Kind::Augmentation;
};
template <>
struct KindOf<class Model> {
  static constexpr Kind kind = Kind::Model;
};
template <>
struct KindOf<class Optimizer> {
  static constexpr Kind kind = Kind::Optimizer;
};
template <>
struct KindOf<class Scheduler> {
  static constexpr Kind kind = Kind::Scheduler;
};
template <>
struct KindOf<class Backend> {
  static constexpr Kind kind = Kind::Backend;
};
template <>
struct KindOf<class Monitor> {
  static constexpr Kind kind = Kind::Monitor;
};

template <class Interface>
std::unique_ptr<Interface> Registry::create(std::string_view type, const Table& params, const Context& context) {
  return std::unique_ptr<Interface>(
      static_cast<Interface*>(create(KindOf<Interface>::kind, type, params, context).release()));
}

// Where plugins are searched: the pipeline's folders, CAIRN_PLUGIN_PATH, then the installed folder beside the
// executable.
void add_standard_folders(Registry& registry, const std::vector<std::filesystem::path>& pipeline_folders);

}  // namespace cairn
