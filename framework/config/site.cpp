#include <algorithm>

#include "base/nearest.h"
#include "config/layers.h"

namespace cairn {
namespace fs = std::filesystem;
namespace {

std::vector<fs::path> folders(const LoadRequest& request, const Environment& environment) {
  std::vector<fs::path> found{request.path.parent_path() / "sites"};
  std::string list = environment("CAIRN_SITE_PATH").value_or("");
  for (size_t begin = 0; begin < list.size();) {
    const size_t end = std::min(list.find(':', begin), list.size());
    if (end > begin) found.emplace_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  if (const auto config = environment("XDG_CONFIG_HOME"); config && !config->empty()) {
    found.push_back(fs::path(*config) / "cairn" / "sites");
  } else if (const auto home = environment("HOME"); home && !home->empty()) {
    found.push_back(fs::path(*home) / ".config" / "cairn" / "sites");
  }
  return found;
}

std::vector<std::string> names_in(const std::vector<fs::path>& searched) {
  std::vector<std::string> names;
  for (const fs::path& folder : searched) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

fs::path find_site(const LoadRequest& request, const Environment& environment, LoadResult& result) {
  const bool asked = !request.site.empty();
  const std::string site = asked ? request.site : environment("CAIRN_SITE").value_or("");
  if (site.empty()) return {};
  std::error_code none;
  const bool is_file = site.find('/') != std::string::npos || site.ends_with(".toml");
  if (is_file) return site;  // reading it says when it is not there
  const auto searched = folders(request, environment);
  for (const fs::path& folder : searched) {
    if (fs::path file = folder / (site + ".toml"); fs::is_regular_file(file, none)) return file;
  }
  std::vector<std::string> texts;
  texts.reserve(searched.size());
  for (const fs::path& folder : searched) texts.push_back(folder.string());
  const auto names = names_in(searched);
  result.problems.push_back({{Layer::Site, asked ? "--site" : "CAIRN_SITE", 0, 0, {}},
                             "",
                             cat("no site '", site, "'; searched ", join(texts, ", "),
                                 names.empty() ? "" : "; there are " + join(names, ", ")),
                             "",
                             "",
                             nearest(site, names)});
  return {};
}

}  // namespace cairn
