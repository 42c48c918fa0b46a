// Where a relative path of a pipeline starts.
#pragma once
#include <filesystem>
#include <string>

#include "config/environment.h"
#include "config/keys.h"

namespace cairn {

// Empty texts and addresses (with "://") stay as they are; everything else becomes absolute, "~/" the home folder. What
// a run reads starts at the file that names it; what it writes, and what --set, presets and defaults name, at the
// working folder.
std::string resolve_path(const std::string& text, PathRole role, const Origin& origin,
                         const std::filesystem::path& working_directory, const Environment& environment);

PathRole role_of(const ParamSpec& spec, Kind kind);  // of a plugin's parameter

}  // namespace cairn
