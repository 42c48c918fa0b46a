#include "config/layers.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/nearest.h"
#include "config/keys.h"
#include "config/toml_reader.h"

namespace cairn {
namespace fs = std::filesystem;
namespace {

constexpr size_t kDeepestInclude = 16;
constexpr size_t kMostFiles = 64;

std::string identity(const fs::path& path) {
  std::error_code ignored;
  return fs::weakly_canonical(path, ignored).string();
}

// Empty when it was read into `text`, else what is wrong.
std::string read_file(const fs::path& path, std::string& text) {
  std::error_code error;
  if (fs::is_directory(path, error)) return "is a folder, and a file is expected";
  if (!fs::is_regular_file(path, error)) return "there is no such file";
  if (const auto size = fs::file_size(path, error); error || size > kLargestConfigFile) {
    return cat("the file is larger than ", kLargestConfigFile, " bytes");
  }
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  text = std::move(out).str();
  return in ? "" : "the file cannot be read";
}

// Of a file that is not there: one beside its place whose name is nearly the same.
std::string neighbour(const fs::path& missing) {
  std::vector<std::string> names;
  std::error_code none;
  const fs::path folder = missing.has_parent_path() ? missing.parent_path() : ".";
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().filename().string());
  }
  const std::string name = nearest(missing.filename().string(), names);
  return name.empty() || fs::exists(missing, none) ? "" : (missing.parent_path() / name).string();
}

}  // namespace

Node FileLayer::read(const fs::path& path) {
  return read(path, {layer_, path.string(), 0, 0, {}});
}

Node FileLayer::read(const fs::path& path, const Origin& asked) {
  const auto complain = [&](const std::string& message) {
    const std::string named = asked.line > 0 ? path.string() + ": " : "";  // else it is where `asked` is
    result_.problems.push_back({asked, "", named + message, "", "", neighbour(path)});
    return Node{};
  };
  const auto same = [&](const fs::path& other) { return identity(other) == identity(path); };
  if (std::any_of(open_.begin(), open_.end(), same)) {
    std::vector<std::string> cycle;
    for (const fs::path& file : open_) cycle.push_back(file.string());
    return complain("includes itself: " + join(cycle, " -> ") + " -> " + path.string());
  }
  if (open_.size() > kDeepestInclude || result_.files.size() >= kMostFiles)
    return complain("too many files include each other");
  std::string text;
  if (const std::string message = read_file(path, text); !message.empty()) return complain(message);
  return parse(path, text);
}

Node FileLayer::parse(const fs::path& path, const std::string& text) {
  result_.files.push_back(path);
  Node node = parse_toml(text, layer_, path.string(), result_.problems);
  expand_environment(node, "", environment_, result_.problems);
  open_.push_back(path);
  Node below;
  include(node, path, below);
  open_.pop_back();
  lay_over(below, node);
  below.origin = node.origin;
  return below;
}

void FileLayer::include(Node& node, const fs::path& from, Node& below) {
  const Node* list = node.find(kIncludeKey);
  if (list == nullptr) return;
  const Node single = *list;
  const std::vector<Node> entries = single.kind == Node::Kind::List ? single.children : std::vector<Node>{single};
  node.erase(kIncludeKey);
  for (const Node& entry : entries) {
    const std::string* file = entry.kind == Node::Kind::Scalar ? entry.scalar.as<std::string>() : nullptr;
    if (file == nullptr) {
      result_.problems.push_back(
          {entry.origin, std::string(kIncludeKey), "", "a file, or a list of files", entry.type_name(), ""});
    } else {
      lay_over(below, read((from.parent_path() / *file).lexically_normal(), entry.origin));
    }
  }
}

Node default_layer(const std::string& run_directory) {
  const std::string store = Value((fs::path(run_directory) / "store").string()).to_text();
  std::vector<ConfigProblem> none;
  return parse_toml(
      "[optimizer]\ntype = 'sgd'\n[scheduler]\ntype = 'linear'\n"
      "[checkpoint.keep.best]\nmetric = 'map50_95'\nmode = 'max'\n"
      "[[checkpoint.backend]]\ntype = 'local'\npath = " +
          store +
          "\n"
          "[[monitor]]\ntype = 'console'\n[[monitor]]\ntype = 'journal'\n",
      Layer::Default, "", none);
}

namespace {

// Another optimizer must not get the parameters that a preset means for its own.
void drop_foreign_parameters(Node& preset, const Node& pipeline) {
  for (const HostTable& table : host_tables()) {
    if (!table.kind || table.array) continue;
    Node* below = preset.find(table.path);
    const Node* above = pipeline.find(table.path);
    if (below == nullptr || above == nullptr) continue;
    const std::string* theirs = below->text("type");
    const std::string* ours = above->text("type");
    if (theirs == nullptr || ours == nullptr || *theirs == *ours) continue;
    std::erase_if(below->children, [&](const Node& n) { return !is_host_key(table, n.name); });
  }
}

const FactoryDescriptor* model_of(const std::string& type, const LoadRequest& request) {
  try {
    return request.find_factory ? request.find_factory(Kind::Model, type) : nullptr;
  } catch (const Error&) {
    return nullptr;  // said where the table is checked
  }
}

// The preset of the variant, "published-m", where there is one, else the plain one; null for neither.
const Preset* find_preset(const FactoryDescriptor& factory, const std::string& name, const Node& model) {
  const std::string* variant = model.text("variant");
  const Preset* plain = nullptr;
  for (const Preset& preset : factory.presets) {
    if (variant != nullptr && preset.name == name + "-" + *variant) return &preset;
    if (preset.name == name) plain = &preset;
  }
  return plain;
}

void report_unknown_preset(const Node& model, const FactoryDescriptor& factory, const Node& asked, LoadResult& result) {
  std::vector<std::string> names;
  for (const Preset& preset : factory.presets) names.push_back(preset.name);
  names.emplace_back("none");
  const std::string name = *model.text("preset");
  result.problems.push_back({asked.origin, "model.preset", cat("model '", factory.type, "' has no such preset"),
                             join(names, " | "), Value(name).to_text(), nearest(name, names)});
}

}  // namespace

Node preset_layer(const Node& pipeline, const LoadRequest& request, LoadResult& result) {
  const Node* model = pipeline.find("model");
  const std::string* type = model == nullptr ? nullptr : model->text("type");
  const FactoryDescriptor* factory = type == nullptr ? nullptr : model_of(*type, request);
  if (factory == nullptr) return {};
  const std::string* asked = model->text("preset");
  const std::string name = asked == nullptr ? ModelTable{}.preset : *asked;
  if (name == "none") return {};
  const Preset* preset = find_preset(*factory, name, *model);
  if (preset == nullptr) {
    if (asked != nullptr) report_unknown_preset(*model, *factory, *model->find("preset"), result);
    return {};
  }
  result.preset = preset->name;
  Node layer = parse_toml(preset->toml, Layer::Preset, preset->name, result.problems);
  drop_foreign_parameters(layer, pipeline);
  return layer;
}

}  // namespace cairn
