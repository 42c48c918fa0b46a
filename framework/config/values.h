// One value against its declaration.
#pragma once
#include <optional>

#include <cairn/params.h>

#include "config/tree.h"

namespace cairn {

struct CheckedValue {
  std::optional<Value> value;  // as a plugin gets it: units read, integers made numbers where a number is wanted
  std::string expected, found, nearest;
};

// A text with a unit where a number is wanted, `word` instead of a number (when not empty), one entry where a list is
// wanted, and text that looked like a number behind --set are all taken.
CheckedValue check_value(const ParamSpec& spec, const Node& node, const std::string& word = "");

std::string shown(const Value& value);  // for messages: cut when long

}  // namespace cairn
