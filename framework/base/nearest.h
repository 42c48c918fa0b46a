// Near names, for messages about unknown ones.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

// Levenshtein distance with transposition of neighbours counting once.
size_t edit_distance(std::string_view a, std::string_view b);
std::vector<std::string> by_distance(std::string_view name, std::vector<std::string> names);  // nearest first, stable
// The nearest of `names` when it is near enough to be a slip of the pen, else empty.
std::string nearest(std::string_view name, const std::vector<std::string>& names);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace cairn
