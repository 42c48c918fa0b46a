// Which pictures belong to an entry of data.yaml.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace cairn::datasets {

struct ListedPicture {
  std::filesystem::path file;
  std::filesystem::path list;  // the list file that names it; empty when a folder was listed
  int64_t line = 0;            // there
};

// A folder is searched with everything below it, in the order of the paths' bytes; a .txt file names one picture per
// line, relative to `root`, or to its own folder when the line begins with "./". NotFound when there is no such entry.
std::vector<ListedPicture> pictures_of(const std::filesystem::path& entry, const std::filesystem::path& root);

// Where the labels of a picture lie: the last folder "images" of its path becomes "labels", the extension ".txt".
std::filesystem::path label_of(const std::filesystem::path& picture);

// Label files below the folder that belongs to a folder of pictures; sorted. Empty when there is none.
std::vector<std::filesystem::path> label_files_of(const std::filesystem::path& picture_folder);

}  // namespace cairn::datasets
