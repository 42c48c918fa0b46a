#include "config/check.h"

#include <algorithm>

#include "base/nearest.h"

namespace cairn {
namespace {

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> parts(1);
  for (char c : path) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string with_article(const std::string& noun) {
  const bool vowel = std::string_view("aeiou").find(noun.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + noun;
}

class Checker {
 public:
  Checker(const Node& root, const CheckContext& context) : root_(root), context_(context) {}

  void check() {
    Pipeline& to = context_.result.pipeline;
    top_level();
    run(to.run);
    plain("plugins", to.plugins);
    plugin("dataset", to.dataset);
    plugins("augmentation", to.augmentations);
    plugin("model", to.model);
    plugin("optimizer", to.optimizer);
    plugin("scheduler", to.scheduler);
    plain("train", to.train);
    plain("evaluate", to.evaluate);
    plain("evaluate.fitness", to.evaluate.fitness);
    plain("checkpoint", to.checkpoint);
    key(to.checkpoint.key);
    keep("checkpoint.keep", at("checkpoint.keep"), split("checkpoint.keep"), to.checkpoint.keep);
    plugins("checkpoint.backend", to.checkpoint.backends);
    plugins("monitor", to.monitors);
    order_of_augmentations(to.augmentations);
  }

 private:
  void problem(const Origin& at, std::string key, std::string message, std::string expected, std::string found = "",
               std::string near = "") {
    context_.result.problems.push_back(
        {at, std::move(key), std::move(message), std::move(expected), std::move(found), std::move(near)});
  }

  void top_level() {
    auto known = tables_inside("");
    for (const Node& child : root_.children) {
      if (child.name == kAllowNumericsKey) {
        problem(child.name_origin, child.name, "only a site's file may say this", "");
      } else if (std::find(known.begin(), known.end(), child.name) == known.end()) {
        known.emplace_back(kIncludeKey);
        problem(child.name_origin, child.name, child.kind == Node::Kind::Scalar ? "unknown key" : "unknown table", "",
                "", nearest(child.name.substr(0, 64), known));
      }
    }
  }

  // The node at a dotted path; null when a layer on the way is absent or, which its own check says, no table.
  const Node* at(const std::string& path) const {
    const Node* node = &root_;
    for (const std::string& name : split(path)) {
      node = node->kind == Node::Kind::Table ? node->find(name) : nullptr;
      if (node == nullptr) return nullptr;
    }
    return node;
  }

  const Node* table_at(const std::string& path) {
    const Node* node = at(path);
    return node != nullptr && is_table(*node, path) ? node : nullptr;
  }

  bool is_table(const Node& node, const std::string& path) {
    if (node.kind == Node::Kind::Table) return true;
    problem(node.origin, path, "", cat("a table: [", path, "]"), with_article(node.type_name()));
    return false;
  }

  template <class T>
  void plain(const std::string& path, T& into) {
    TableCheck check(context_, host_table(path), table_at(path), split(path));
    check.host_keys(&into);
    check.unknown_keys();
  }

  void run(RunTable& into) {
    const Node* node = table_at("run");
    TableCheck check(context_, host_table("run"), node, {"run"});
    const Node* iterations = node == nullptr ? nullptr : node->find("iterations");
    if (iterations != nullptr) {
      check.leave_out("epochs");
      into.epochs = 0;
      if (node->find("epochs") != nullptr)
        problem(iterations->name_origin, "run.iterations", "stands beside run.epochs", "one of the two");
    }
    check.host_keys(&into);
    check.unknown_keys();
  }

  void key(KeyTable& into) {
    const std::string path = "checkpoint.key";
    plain(path, into);
    const int named = (into.file.empty() ? 0 : 1) + (into.command.empty() ? 0 : 1) +
                      (into.passphrase_env.empty() ? 0 : 1) + (into.passphrase_file.empty() ? 0 : 1);
    if (named > 1) problem(at(path)->name_origin, path, "names several sources of one key", "one of them");
  }

  // `node` may be null; `path` is where it stands.
  void keep(const std::string& table, const Node* node, std::vector<std::string> path, KeepTable& into) {
    if (node != nullptr && !is_table(*node, join(path, "."))) return;
    TableCheck check(context_, host_table(table), node, path);
    check.host_keys(&into);
    check.unknown_keys();
    const Node* best = node == nullptr ? nullptr : node->find("best");
    path.emplace_back("best");
    if (best == nullptr || !is_table(*best, join(path, "."))) return;
    TableCheck best_check(context_, host_table(table + ".best"), best, path);
    best_check.host_keys(&into.best.emplace());
    best_check.unknown_keys();
    if (into.best->count == 0) into.best.reset();
  }

  template <class T>
  void plugin(const std::string& path, T& into) {
    const Node* node = at(path);
    if (node != nullptr && !is_table(*node, path)) return;
    plugin(path, node, {path}, into);
  }

  template <class T>
  void plugin(const std::string& table, const Node* node, std::vector<std::string> path, T& into) {
    TableCheck check(context_, host_table(table), node, std::move(path));
    check.host_keys(&into);
    check.plugin_keys(into);
    check.unknown_keys();
  }

  template <class T>
  void plugins(const std::string& path, std::vector<T>& into) {
    const Node* list = at(path);
    if (list == nullptr) return;
    if (list->kind != Node::Kind::List) {
      return problem(list->kind == Node::Kind::Table ? list->name_origin : list->origin, path, "",
                     cat("an array of tables: [[", path, "]]"), with_article(list->type_name()));
    }
    for (size_t i = 0; i < list->children.size(); ++i) {
      auto entry_path = split(path);
      entry_path.push_back(std::to_string(i));
      const Node& entry = list->children[i];
      if (!is_table(entry, join(entry_path, "."))) continue;
      plugin(path, &entry, entry_path, into.emplace_back());
      inside(path, entry, entry_path, into.back());
    }
  }

  template <class T>
  void inside(const std::string&, const Node&, const std::vector<std::string>&, T&) {}

  // The first store has checkpoint.keep.
  void inside(const std::string& table, const Node& entry, std::vector<std::string> path, BackendTable& into) {
    const Node* node = entry.find("keep");
    if (node == nullptr) return;
    const bool first = path.back() == "0";
    path.emplace_back("keep");
    if (first) {
      return problem(node->name_origin, join(path, "."), "is for mirrors, and this is the first store",
                     "[checkpoint.keep]");
    }
    keep(table + ".keep", node, path, into.keep.emplace());
  }

  void order_of_augmentations(const std::vector<AugmentationTable>& chain) {
    const Node* list = at("augmentation");
    std::vector<std::string> earlier;
    for (size_t i = 0; i < chain.size(); ++i) {
      const std::string& after = chain[i].only_after;
      if (!after.empty() && std::find(earlier.begin(), earlier.end(), after) == earlier.end()) {
        problem(list->children[i].find("only_after")->origin, cat("augmentation.", i, ".only_after"), "",
                "the type of an earlier augmentation" + (earlier.empty() ? "" : ": " + join(earlier, " | ")),
                Value(after).to_text(), nearest(after.substr(0, 64), earlier));
      }
      earlier.push_back(chain[i].type);
    }
  }

  const Node& root_;
  const CheckContext& context_;
};

}  // namespace

void check_tree(const Node& root, const CheckContext& context) {
  Checker(root, context).check();
}

void check_site(const Node& site, const CheckContext& context) {
  const Node* said = site.find(kAllowNumericsKey);
  const bool* allowed = said == nullptr || said->kind != Node::Kind::Scalar ? nullptr : said->scalar.as<bool>();
  if (said != nullptr && allowed == nullptr) {
    context.result.problems.push_back(
        {said->origin, std::string(kAllowNumericsKey), "", "true or false", said->type_name(), ""});
  }
  if (context.request.allow_numerics || (allowed != nullptr && *allowed)) return;
  for (const Entry& entry : context.result.entries) {
    const bool data_root = entry.is_path && entry.path.front() == "dataset";
    if (entry.origin.layer != Layer::Site || !entry.affects_numerics || data_root) continue;
    context.result.problems.push_back({entry.origin, entry.key(), "affects the results, which a site must not do",
                                       "the value in the pipeline, or allow_numerics = true in the site", "", ""});
  }
}

}  // namespace cairn
