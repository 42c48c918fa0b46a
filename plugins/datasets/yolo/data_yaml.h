// The file that describes a YOLO set: folders of the splits, class names.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <cairn/context.h>

namespace cairn::datasets {

struct SplitEntry {
  std::filesystem::path path;  // a folder, or a list of pictures
  int64_t line = 0;
};

struct DataYaml {
  std::filesystem::path root;  // `path` of the file, else the file's own folder
  ClassNames names;
  std::vector<SplitEntry> entries;  // of the wanted split
};

using ReportLine = std::function<void(int64_t line, std::string message)>;

// `names` is a list or a map from 0, 1, ...; `nc` is optional; `train` and `val` hold one entry or a list. Everything
// that is wrong goes to `refuse`.
DataYaml read_data_yaml(const std::filesystem::path& file, Split split, const ReportLine& refuse);

}  // namespace cairn::datasets
