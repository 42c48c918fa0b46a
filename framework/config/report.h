// A loaded pipeline for programs: what `cairn config check --json` and `cairn config show --json` print.
#pragma once
#include <nlohmann/json.hpp>

#include "config/load.h"

namespace cairn {

// {"files": [...], "problems": [{"file", "line", "column", "key", "message", "expected", "found", "nearest", "text"}]}
nlohmann::json problems_json(const LoadResult& result);

// {"files": [...], "preset", "fingerprint", "values": [{"key", "value", "origin", "unit", "help", "shapes_results"}]}
nlohmann::json values_json(const LoadResult& result);

nlohmann::json to_json(const Value& value);

}  // namespace cairn
