#include "config/load.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "config/check.h"
#include "config/keys.h"
#include "config/layers.h"
#include "config/paths.h"
#include "config/sets.h"

namespace cairn {
namespace fs = std::filesystem;
namespace {

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// Takes a boolean that stands above all tables out of the tree.
bool take_flag(Node& root, std::string_view name, std::vector<ConfigProblem>& problems) {
  const Node* node = root.find(name);
  if (node == nullptr) return false;
  const bool* value = node->kind == Node::Kind::Scalar ? node->scalar.as<bool>() : nullptr;
  if (value == nullptr)
    problems.push_back({node->origin, std::string(name), "", "true or false", node->type_name(), ""});
  const bool result = value != nullptr && *value;
  root.erase(name);
  return result;
}

class Loader {
 public:
  explicit Loader(const LoadRequest& request)
      : request_(request),
        environment_(request.environment ? request.environment : process_environment),
        context_{request, environment_,
                 request.working_directory.empty() ? fs::current_path() : request.working_directory, result_} {}

  LoadResult load() {
    FileLayer file(Layer::File, environment_, result_);
    Node pipeline = request_.text ? file.parse(request_.path, *request_.text) : file.read(request_.path);
    const bool complete = take_flag(pipeline, kResolvedKey, result_.problems);
    const Node site = site_layer();
    Node over_site = site;
    over_site.erase(kAllowNumericsKey);
    lay_over(pipeline, over_site);
    if (unreadable()) return finish();
    Node merged = complete ? Node{} : beneath(pipeline);
    lay_over(merged, pipeline);
    const Node before = merged;
    apply_sets(merged, request_.sets, result_.problems);
    announce_folders(merged);
    if (complete) drop_parameters_of_former_types(merged, before);
    check_tree(merged, context_);
    check_site(site, context_);
    default_name();
    return finish();
  }

 private:
  Node site_layer() {
    const fs::path file = find_site(request_, environment_, result_);
    return file.empty() ? Node{} : FileLayer(Layer::Site, environment_, result_).read(file);
  }

  // A file that could not be parsed would only lead to mistakes that are none.
  bool unreadable() const {
    return std::any_of(result_.problems.begin(), result_.problems.end(),
                       [](const ConfigProblem& p) { return p.key.empty(); });
  }

  Node beneath(const Node& pipeline) {
    Node above = pipeline;
    std::vector<ConfigProblem> said_later;
    apply_sets(above, request_.sets, said_later);
    announce_folders(above);
    const Node* run = above.find("run");
    const std::string* directory = run == nullptr ? nullptr : run->text("directory");
    Node layer = default_layer(directory == nullptr ? RunTable{}.directory.string() : *directory);
    lay_over(layer, preset_layer(above, request_, result_));
    return layer;
  }

  // Plugins have to be found before anything is asked of them.
  void announce_folders(const Node& root) {
    if (announced_ || !request_.use_plugin_folders) return;
    announced_ = true;
    std::vector<fs::path> folders;
    const Node* plugins = root.find("plugins");
    const Node* path = plugins == nullptr ? nullptr : plugins->find("path");
    if (path == nullptr) return request_.use_plugin_folders(folders);
    const std::vector<Node> entries = path->kind == Node::Kind::List ? path->children : std::vector<Node>{*path};
    for (const Node& entry : entries) {
      const std::string* text = entry.kind == Node::Kind::Scalar ? entry.scalar.as<std::string>() : nullptr;
      if (text != nullptr)
        folders.emplace_back(
            resolve_path(*text, PathRole::Input, entry.origin, context_.working_directory, environment_));
    }
    request_.use_plugin_folders(folders);
  }

  // A run's own pipeline names every parameter of every type. Where --set names another type, those that it does not
  // have go with the former one.
  void drop_parameters_of_former_types(Node& merged, const Node& before) const {
    for (const HostTable& table : host_tables()) {
      Node* now = table.kind && !table.array ? merged.find(table.path) : nullptr;
      const Node* was = before.find(table.path);
      if (now == nullptr || was == nullptr || now->text("type") == nullptr || was->text("type") == nullptr) continue;
      if (*now->text("type") == *was->text("type")) continue;
      const FactoryDescriptor* factory = factory_of(*table.kind, *now->text("type"));
      if (factory == nullptr) continue;
      std::erase_if(now->children, [&](const Node& key) {
        const auto has = [&](const ParamSpec& spec) { return spec.name == key.name; };
        return key.origin.layer != Layer::Set && !is_host_key(table, key.name) &&
               std::none_of(factory->params.begin(), factory->params.end(), has);
      });
    }
  }

  // Null when there is none, which the check of its table says.
  const FactoryDescriptor* factory_of(Kind kind, const std::string& type) const {
    try {
      return request_.find_factory ? request_.find_factory(kind, type) : nullptr;
    } catch (const Error&) {
      return nullptr;
    }
  }

  void default_name() {
    RunTable& run = result_.pipeline.run;
    if (!run.name.empty()) return;
    for (char c : request_.path.stem().string()) {
      const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
      run.name += plain ? c : '-';
    }
    if (run.name.empty() || run.name.front() == '-') run.name = "run" + run.name;
    for (Entry& entry : result_.entries) {
      if (entry.key() == "run.name") entry.value = Value(run.name);
    }
  }

  LoadResult finish() {
    const auto rank = [&](const ConfigProblem& p) {
      const auto& files = result_.files;
      const auto file = std::find(files.begin(), files.end(), fs::path(p.where.source));
      return std::tuple(p.where.layer == Layer::Set, file - files.begin(), p.where.line, p.where.column);
    };
    std::stable_sort(result_.problems.begin(), result_.problems.end(),
                     [&](const ConfigProblem& a, const ConfigProblem& b) { return rank(a) < rank(b); });
    return std::move(result_);
  }

  const LoadRequest& request_;
  Environment environment_;
  LoadResult result_;
  CheckContext context_;
  bool announced_ = false;
};

}  // namespace

LoadResult read_pipeline(const LoadRequest& request) {
  return Loader(request).load();
}

LoadResult load_pipeline(const LoadRequest& request) {
  LoadResult result = read_pipeline(request);
  if (result.problems.empty()) return result;
  const size_t count = result.problems.size();
  Error error(Code::InvalidArgument, cat(request.path.string(), ": ", count, count == 1 ? " problem" : " problems"));
  for (const ConfigProblem& problem : result.problems) error.note(problem.to_text());
  throw error;
}

std::string to_text(const std::vector<ConfigProblem>& problems) {
  std::string text;
  for (const ConfigProblem& problem : problems) text += problem.to_text() + "\n";
  return text;
}

}  // namespace cairn
