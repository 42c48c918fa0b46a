#include "config/paths.h"

namespace cairn {
namespace fs = std::filesystem;

std::string resolve_path(const std::string& text, PathRole role, const Origin& origin,
                         const fs::path& working_directory, const Environment& environment) {
  if (role == PathRole::None || text.empty() || text.find("://") != std::string::npos) return text;
  if (text == "~" || text.starts_with("~/")) {
    if (const auto home = environment("HOME"))
      return (fs::path(*home) / text.substr(std::min<size_t>(2, text.size()))).lexically_normal();
  }
  const bool in_file = origin.layer == Layer::File || origin.layer == Layer::Site;
  const fs::path base =
      role == PathRole::Input && in_file ? fs::absolute(origin.source).parent_path() : working_directory;
  return (base / text).lexically_normal().string();
}

PathRole role_of(const ParamSpec& spec, Kind kind) {
  const bool text = spec.type == ParamType::Text || spec.type == ParamType::Texts;
  if (!text || !names_path(spec.name) || kind == Kind::Monitor)
    return PathRole::None;  // monitors write below the run's folder
  const bool writes = kind == Kind::Backend && !spec.name.ends_with("_file");
  return writes ? PathRole::Output : PathRole::Input;
}

}  // namespace cairn
