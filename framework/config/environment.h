// ${NAME} inside the texts of a file. "$${" stands for a literal "${".
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/tree.h"

namespace cairn {

using Environment = std::function<std::optional<std::string>(const std::string&)>;

// Replaces in every text below `node` and notes the variables in its origin. A variable that is not set, a name that is
// none, and a variable whose name says that it holds a secret are problems; the text then stays as it is.
void expand_environment(Node& node, const std::string& path, const Environment& environment,
                        std::vector<ConfigProblem>& problems);

std::string escape_environment(const std::string& text);  // so that expanding gives `text` back

}  // namespace cairn
