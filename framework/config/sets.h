// --set a.b=c: the uppermost layer.
#pragma once
#include <string>
#include <vector>

#include "config/tree.h"

namespace cairn {

// Puts each "path=value" into the tree. An entry of an array of tables is named by its number or by its type.
void apply_sets(Node& root, const std::vector<std::string>& sets, std::vector<ConfigProblem>& problems);

}  // namespace cairn
