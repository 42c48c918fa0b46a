#include "yolo/data_yaml.h"

#include <map>
#include <optional>

#include <yaml-cpp/yaml.h>

#include "common/text.h"

namespace cairn::datasets {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{16} << 20;

int64_t line_of(const YAML::Node& node) {
  return std::max(node.Mark().line, 0) + 1;
}

std::optional<int64_t> integer_of(const YAML::Node& node) {
  int64_t value = 0;
  if (!node.IsScalar() || !YAML::convert<int64_t>::decode(node, value)) return std::nullopt;
  return value;
}

ClassNames names_of_list(const YAML::Node& list, const ReportLine& refuse) {
  ClassNames names;
  for (const YAML::Node& entry : list) {
    if (entry.IsScalar())
      names.push_back(entry.Scalar());
    else
      refuse(line_of(entry), cat("names: expected a text for class ", names.size()));
  }
  return names;
}

ClassNames names_of_map(const YAML::Node& map, const ReportLine& refuse) {
  std::map<int64_t, std::string> sorted;
  for (const auto& entry : map) {
    const YAML::Node &key = entry.first, &name = entry.second;
    const auto id = integer_of(key);
    if (!id || !name.IsScalar())
      refuse(line_of(key), "names: expected lines of the form \"0: name\"");
    else if (!sorted.emplace(*id, name.Scalar()).second)
      refuse(line_of(key), cat("names: class ", *id, " stands there twice"));
  }
  ClassNames names;
  for (const auto& [id, name] : sorted) {
    if (id != static_cast<int64_t>(names.size())) {
      refuse(line_of(map),
             cat("names: expected the classes 0, 1, 2, ... without a gap; ", names.size(), " is missing before ", id));
      break;
    }
    names.push_back(name);
  }
  return names;
}

ClassNames read_names(const YAML::Node& top, const ReportLine& refuse) {
  const YAML::Node names = top["names"], count = top["nc"];
  if (!names || names.IsNull()) {
    refuse(count ? line_of(count) : 1, "no class names: expected `names:` with one name per class");
    return {};
  }
  if (!names.IsSequence() && !names.IsMap()) {
    refuse(line_of(names), "names: expected a list of names or lines of the form \"0: name\"");
    return {};
  }
  const ClassNames found = names.IsMap() ? names_of_map(names, refuse) : names_of_list(names, refuse);
  if (found.empty()) refuse(line_of(names), "names: expected at least one class");
  if (!count) return found;
  const auto stated = integer_of(count);
  if (!stated)
    refuse(line_of(count), "nc: expected the number of classes");
  else if (*stated != static_cast<int64_t>(found.size())) {
    refuse(line_of(count), cat("nc says ", *stated, " classes, but `names` has ", found.size()));
  }
  return found;
}

void read_entries(const YAML::Node& top, Split split, const ReportLine& refuse, DataYaml& out) {
  const char* key = split == Split::Train ? "train" : "val";
  const YAML::Node node = top[key];
  if (!node || node.IsNull()) {
    refuse(1, cat("no `", key, ":` entry: expected the folder or list of this split's pictures"));
    return;
  }
  const auto add = [&](const YAML::Node& entry) {
    if (entry.IsScalar())
      out.entries.push_back({(out.root / entry.Scalar()).lexically_normal(), line_of(entry)});
    else
      refuse(line_of(entry), cat(key, ": expected a folder or a list file"));
  };
  if (!node.IsSequence()) return add(node);
  for (const YAML::Node& entry : node) add(entry);
}

}  // namespace

DataYaml read_data_yaml(const std::filesystem::path& file, Split split, const ReportLine& refuse) {
  DataYaml out;
  out.root = file.parent_path();
  const std::string text = read_text(file, kMaxBytes);
  if (const size_t odd = find_binary(text); odd != std::string::npos) {
    refuse(LineIndex(text).line_of(odd), "not a text file");
    return out;
  }
  try {
    const YAML::Node top = YAML::Load(text);
    if (!top.IsMap()) {
      refuse(1, "expected lines of the form \"key: value\"");
      return out;
    }
    if (const YAML::Node path = top["path"]; path && path.IsScalar())
      out.root = (out.root / path.Scalar()).lexically_normal();
    out.names = read_names(top, refuse);
    read_entries(top, split, refuse, out);
  } catch (const YAML::Exception& error) {
    refuse(std::max(error.mark.line, 0) + 1, cat("not valid YAML: ", error.msg));
  }
  return out;
}

}  // namespace cairn::datasets
