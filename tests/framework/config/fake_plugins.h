// Plugins that exist only as descriptions, and a folder with pipelines to load.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/load.h"
#include "support/files.h"

namespace cairn::test {

class FakePlugins {
 public:
  FakePlugins();
  const FactoryDescriptor* find(Kind kind, std::string_view type) const;
  std::vector<std::string> types(Kind kind) const;
  FactoryDescriptor& get(Kind kind, std::string_view type);
  std::vector<const FactoryDescriptor*> all() const;

 private:
  std::vector<std::unique_ptr<FactoryDescriptor>> factories_;
};

// A folder, an environment and plugins of its own. load() throws, read() does not.
class PipelineFolder {
 public:
  std::filesystem::path write(const std::string& name, const std::string& text) const;
  LoadRequest request(const std::string& text = "") const;  // writes p.toml unless the text is empty
  LoadResult read(const std::string& text) const { return read_pipeline(request(text)); }
  LoadResult load(const std::string& text) const { return load_pipeline(request(text)); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::map<std::string, std::string> environment;
  std::shared_ptr<FakePlugins> plugins = std::make_shared<FakePlugins>();

 private:
  TempFolder folder_;
};

// The smallest pipeline: data and model.
inline const std::string kSmall = "[dataset]\ntype = 'yolo'\npath = 'data/data.yaml'\n[model]\ntype = 'yolov8'\n";

const Entry* find_entry(const LoadResult& result, const std::string& key);
std::string origin_of(const LoadResult& result, const std::string& key);  // "absent" when there is none

}  // namespace cairn::test
