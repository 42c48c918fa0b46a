// Looks at plugins in a child process: a library that crashes, hangs or ends the process while it is opened is refused
// like any other bad one.
#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "plugin/registry.h"

namespace cairn {

struct LookRequest {
  std::vector<std::filesystem::path> folders;           // searched besides the standard ones
  std::function<std::string(Registry& registry)> look;  // in the child; everything is open. What it returns comes back
  std::chrono::milliseconds limit = std::chrono::seconds(20);  // of one library
};

struct LookResult {
  std::string found;  // what `look` returned
  std::vector<RefusedLibrary> refused;
};

// The caller must be the only thread of its process. What `look` throws is Internal.
LookResult look_at_plugins(const LookRequest& request);

}  // namespace cairn
