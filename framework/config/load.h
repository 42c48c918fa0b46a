// Reads a pipeline: layers default < preset < included < file < site < --set, checks everything, reports all mistakes
// at once.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cairn/params.h>
#include <cairn/plugin.h>

#include "config/origin.h"
#include "config/pipeline.h"

namespace cairn {

struct LoadRequest {
  std::filesystem::path path;
  std::optional<std::string> text;  // what the file would hold; then `path` is only its name
  // "run.seed=3", "augmentation.0.probability=0.5", "augmentation.mosaic.probability=0.5". A value that is no TOML is a
  // text.
  std::vector<std::string> sets;
  // A name (searched beside the pipeline in sites/, in CAIRN_SITE_PATH, in the user's configuration folder) or a file.
  // Empty: CAIRN_SITE, if that is set.
  std::string site;
  std::function<std::optional<std::string>(const std::string&)> environment;  // empty: the process's environment
  // Called once, with [plugins] path made absolute, before find_factory is asked for anything.
  std::function<void(const std::vector<std::filesystem::path>&)> use_plugin_folders;
  // Null for an unknown type; may throw cairn::Error (a refused library), which becomes a problem at the table's
  // `type`. Empty: parameters of plugins are taken as they stand, without defaults or checks.
  std::function<const FactoryDescriptor*(Kind, std::string_view type)> find_factory;
  std::function<std::vector<std::string>(Kind)> known_types;  // for the nearest name; may be empty
  bool allow_numerics = false;                                // a site may change results, whatever it says itself
  // What a run writes (run.directory, a local backend's path) starts here when it is relative; what it reads starts at
  // the file that names it. Empty: the current folder.
  std::filesystem::path working_directory;
};

// One value of the merged tree, in the order of the tables.
struct Entry {
  std::vector<std::string> path;  // {"augmentation", "0", "probability"}
  Value value;                    // as Pipeline holds it, but choices, triggers and "auto" by their names
  Origin origin;
  std::string help;
  Unit unit = Unit::None;
  MutableAt mutable_at = MutableAt::Start;
  bool affects_numerics = false;
  bool is_path = false;
  bool from_plugin = false;
  bool from_secret = false;  // names where a secret is to be had
  std::string key() const;   // "augmentation.0.probability"
};

struct LoadResult {
  Pipeline pipeline;  // to be used only when there are no problems
  std::vector<Entry> entries;
  std::vector<ConfigProblem> problems;
  std::vector<std::filesystem::path> files;  // pipeline, included files and site, as read
  std::string preset;                        // "published of yolov8", or empty
};

// Never throws for what is wrong in a file; `problems` has everything, in the order of the files.
LoadResult read_pipeline(const LoadRequest& request);

// The same, but any problem is Error(InvalidArgument) with one note per problem.
LoadResult load_pipeline(const LoadRequest& request);

// All problems as lines for people.
std::string to_text(const std::vector<ConfigProblem>& problems);

}  // namespace cairn
