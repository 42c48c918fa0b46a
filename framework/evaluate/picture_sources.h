// Which files `cairn predict` reads.
#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace cairn {

// A file stands for itself, whatever it is called; a folder for the pictures in it (by ending, not below it), sorted by
// name. NotFound when a path does not exist, or a folder holds no picture.
std::vector<std::filesystem::path> find_pictures(std::span<const std::string> sources);

}  // namespace cairn
