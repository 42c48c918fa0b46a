#include "subject.h"

#include <cairn/image.h>

#include "config/toml_reader.h"

namespace cairn::conformance {
namespace {

void replace_all(std::string& text, std::string_view what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

Value filled(const Value& value, const SubjectParams& all, const std::filesystem::path& temp) {
  if (const auto* text = value.as<std::string>()) {
    std::string out = *text;
    replace_all(out, "${TEMP}", temp.string());
    replace_all(out, "${DATA}", (temp / "data").string());
    replace_all(out, "${PARAMS}", all.folder.string());
    return out;
  }
  if (const auto* list = value.as<List>()) {
    List out;
    for (const Value& entry : *list) out.push_back(filled(entry, all, temp));
    return out;
  }
  return value;
}

}  // namespace

SubjectParams read_params(const Subject& subject) {
  SubjectParams params;
  if (subject.params.empty()) return params;
  params.folder = std::filesystem::absolute(subject.params).parent_path();
  const std::vector<std::byte> bytes = read_file(subject.params, kLargestConfigFile);
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::vector<ConfigProblem> problems;
  const Node root = parse_toml(text, Layer::File, subject.params.string(), problems);
  if (!problems.empty()) fail(Code::InvalidArgument, problems.front().to_text());
  for (const Node& child : root.children) {
    if (child.name == "data") params.data = params.folder / child.value().text();
    if (child.kind != Node::Kind::Table) continue;
    for (const Node& type : child.children) params.tables[child.name + "." + type.name] = type.value().table();
  }
  return params;
}

Table params_of(const SubjectParams& all, Kind kind, const std::string& type, const std::filesystem::path& temp) {
  Table out;
  const auto found = all.tables.find(cat(name_of(kind), ".", type));
  if (found == all.tables.end()) return out;
  for (const auto& [name, value] : found->second) out[name] = filled(value, all, temp);
  return out;
}

}  // namespace cairn::conformance
