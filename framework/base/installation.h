// Where this program is installed: found from the executable, so that an installation can be moved.
#pragma once
#include <filesystem>

namespace cairn {

// The nearest folder above the executable that holds lib/cairn/plugins; when there is none, the one above its folder.
std::filesystem::path installation_prefix();

// Templates, pipelines and examples lie below it.
inline std::filesystem::path share_folder() {
  return installation_prefix() / "share/cairn";
}

}  // namespace cairn
