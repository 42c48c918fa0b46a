// One table of the merged tree against its declaration: fills a struct, writes entries and problems.
#pragma once
#include <string>
#include <vector>

#include "config/environment.h"
#include "config/keys.h"
#include "config/load.h"
#include "config/tree.h"

namespace cairn {

// What the checks of all tables share. Borrowed.
struct CheckContext {
  const LoadRequest& request;
  const Environment& environment;
  std::filesystem::path working_directory;
  LoadResult& result;
};

class TableCheck {
 public:
  // `node` is null when no layer has the table; `path` is where it stands: {"augmentation", "0"}.
  TableCheck(const CheckContext& context, const HostTable& table, const Node* node, std::vector<std::string> path);

  void host_keys(void* into);                                // a struct of the type that `table` was declared for
  void plugin_keys(PluginTable& into);                       // after host_keys(), for a table with a kind
  void unknown_keys();                                       // last
  void leave_out(std::string_view key) { left_out_ = key; }  // gets no default

 private:
  void host_key(const HostKey& key, void* into);
  void plugin_key(const ParamSpec& spec, Table& params);
  void missing(const HostKey& key);
  const FactoryDescriptor* find_factory(const std::string& type);
  void unknown_type(const std::string& type);
  void wrong(const Node& node, const ParamSpec& spec, std::string expected, std::string found, std::string nearest);
  Value resolved(const Value& value, PathRole role, const Origin& origin) const;
  void record(const ParamSpec& spec, const Value& value, const Origin& origin, PathRole role, bool from_plugin);
  std::string key_path(std::string_view name) const;
  Origin place() const;  // of the table

  const CheckContext& context_;
  const HostTable& table_;
  const Node* node_;
  std::vector<std::string> path_;
  std::string_view left_out_;
  const FactoryDescriptor* factory_ = nullptr;
};

}  // namespace cairn
