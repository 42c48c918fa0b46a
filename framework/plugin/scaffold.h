// A new plugin's folder, from the templates that are installed.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <cairn/plugin.h>

namespace cairn {

struct ScaffoldRequest {
  Kind kind{};
  std::string name;              // the type's id: a-z, 0-9 and _, beginning with a letter
  std::filesystem::path folder;  // made; must not exist
  std::filesystem::path share;   // holds template/ and examples/
};

// Writes the folder; returns its files, sorted. InvalidArgument for a bad name, AlreadyExists for a folder that is
// there, NotFound when the templates are not installed. On an error nothing stays.
std::vector<std::filesystem::path> scaffold(const ScaffoldRequest& request);

}  // namespace cairn
