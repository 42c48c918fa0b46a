// TOML text to a tree. The only part of cairn that knows the TOML library.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/tree.h"

namespace cairn {

inline constexpr size_t kLargestConfigFile = size_t{1} << 20;  // bytes

// Origins get `layer` and `source`. Text that is no TOML, dates and times become problems; then what was read so far,
// or an empty table, comes back.
Node parse_toml(const std::string& text, Layer layer, const std::string& source, std::vector<ConfigProblem>& problems);

// A value as it may stand behind "=". Nothing when `text` is no TOML value.
std::optional<Node> parse_toml_value(const std::string& text);

}  // namespace cairn
