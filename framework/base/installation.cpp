#include "base/installation.h"

namespace cairn {
namespace fs = std::filesystem;

fs::path installation_prefix() {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (fs::path at = folder; at.has_relative_path(); at = at.parent_path()) {
    if (fs::exists(at / "lib/cairn/plugins", error)) return at;
  }
  return folder.parent_path();
}

}  // namespace cairn
