// A loaded pipeline as TOML again.
#pragma once
#include <string>

#include "config/load.h"

namespace cairn {

// Every value, plugin defaults included, with its origin as a comment behind it: what `cairn config show` prints.
std::string show(const LoadResult& result);

// What goes to RUN/pipeline.toml: everything written out, paths absolute, `resolved = true` on top so that no preset
// and no default layer is laid beneath it. Loading it gives the same Pipeline. It holds no secret, since a pipeline may
// only name where one is to be had; loading refuses anything else.
std::string resolved_toml(const LoadResult& result);

}  // namespace cairn
