// The files, presets and defaults that lie on each other before anything is checked.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "config/environment.h"
#include "config/load.h"
#include "config/tree.h"

namespace cairn {

// A file with everything that it includes beneath it, environment expanded. Files are appended to `files`. A file that
// cannot be read, includes itself or is too large is a problem.
class FileLayer {
 public:
  FileLayer(Layer layer, const Environment& environment, LoadResult& result)
      : layer_(layer), environment_(environment), result_(result) {}
  Node read(const std::filesystem::path& path);
  Node parse(const std::filesystem::path& path, const std::string& text);  // the same for a text of that name

 private:
  Node read(const std::filesystem::path& path, const Origin& asked);
  void include(Node& node, const std::filesystem::path& from, Node& below);

  Layer layer_;
  const Environment& environment_;
  LoadResult& result_;
  std::vector<std::filesystem::path> open_;  // the files that are being read, outermost first
};

// The file of a site; empty when none is asked for. A site that is not found is a problem that lists the places
// searched.
std::filesystem::path find_site(const LoadRequest& request, const Environment& environment, LoadResult& result);

// What holds when neither file nor preset say anything: optimizer, scheduler, one local store, two monitors.
Node default_layer(const std::string& run_directory);

// The preset that `pipeline` (with --set applied) asks for, as the layer beneath it: without parameters of another type
// of plugin than the pipeline's, and without what the pipeline replaces. Empty when there is none.
Node preset_layer(const Node& pipeline, const LoadRequest& request, LoadResult& result);

}  // namespace cairn
