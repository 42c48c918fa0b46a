// What of a pipeline shapes the numbers of a run.
#pragma once
#include <map>
#include <string>

#include "config/load.h"

namespace cairn {

// Key -> value as TOML, for every value that affects numerics. Device and threads are not in it: the snapshot's
// environment has them. Of a path only the file's name counts, so that a set may move.
std::map<std::string, std::string> numerics_values(const LoadResult& result);

// 32 hex digits over numerics_values(). Equal pipelines give equal texts on every machine.
std::string numerics_fingerprint(const LoadResult& result);

}  // namespace cairn
