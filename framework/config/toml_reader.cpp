#include "config/toml_reader.h"

#include <cairn/error.h>
#include <toml++/toml.h>

#include <algorithm>
#include <utility>

namespace cairn {
namespace {

class Reader {
 public:
  Reader(Layer layer, const std::string& source, std::vector<ConfigProblem>& problems)
      : layer_(layer), source_(source), problems_(problems) {}

  Origin at(const toml::source_region& region) const {
    return {layer_, source_, static_cast<int64_t>(region.begin.line), static_cast<int64_t>(region.begin.column), {}};
  }

  void table(const toml::table& from, Node& to, const std::string& path) const {
    for (const auto& [key, value] : from) {
      Node child;
      const std::string child_path = (path.empty() ? "" : path + ".") + std::string(key.str());
      if (!node(value, child, child_path)) continue;
      child.name = key.str();
      child.name_origin = at(key.source());
      to.children.push_back(std::move(child));
    }
  }

  // False when the value is of a type that no pipeline has.
  bool node(const toml::node& from, Node& to, const std::string& path) const {
    to.origin = at(from.source());
    if (const auto* value = from.as_table()) {
      to.kind = Node::Kind::Table;
      table(*value, to, path);
      return true;
    }
    if (const auto* value = from.as_array()) {
      to.kind = Node::Kind::List;
      for (const toml::node& entry : *value) {
        Node child;
        if (node(entry, child, cat(path, ".", to.children.size()))) to.children.push_back(std::move(child));
      }
      return true;
    }
    to.kind = Node::Kind::Scalar;
    if (const auto* boolean = from.as_boolean()) {
      to.scalar = Value(boolean->get());
    } else if (const auto* integer = from.as_integer()) {
      to.scalar = Value(integer->get());
    } else if (const auto* real = from.as_floating_point()) {
      to.scalar = Value(real->get());
    } else if (const auto* text = from.as_string()) {
      to.scalar = Value(text->get());
    } else {
      problems_.push_back({to.origin, path, "", "a text, number, boolean, list or table", "a date or time", ""});
      return false;
    }
    return true;
  }

 private:
  Layer layer_;
  const std::string& source_;
  std::vector<ConfigProblem>& problems_;
};

// The library keeps a table's keys sorted; a file's order is what people expect to see again.
void sort_by_place(Node& node) {
  for (Node& child : node.children) sort_by_place(child);
  if (node.kind != Node::Kind::Table) return;
  std::stable_sort(node.children.begin(), node.children.end(), [](const Node& a, const Node& b) {
    return std::pair(a.name_origin.line, a.name_origin.column) < std::pair(b.name_origin.line, b.name_origin.column);
  });
}

}  // namespace

Node parse_toml(const std::string& text, Layer layer, const std::string& source, std::vector<ConfigProblem>& problems) {
  const Reader reader(layer, source, problems);
  Node root;
  try {
    const toml::table table = toml::parse(std::string_view(text), source);
    root.origin = reader.at(table.source());
    reader.table(table, root, "");
    sort_by_place(root);
  } catch (const toml::parse_error& error) {
    problems.push_back({reader.at(error.source()), "", cat("not valid TOML: ", error.description()), "", "", ""});
  }
  return root;
}

std::optional<Node> parse_toml_value(const std::string& text) {
  if (text.find('\n') != std::string::npos) return std::nullopt;
  std::vector<ConfigProblem> problems;
  const Node root = parse_toml("value = " + text, Layer::Set, "", problems);
  if (!problems.empty() || root.children.size() != 1) return std::nullopt;
  return root.children.front();
}

}  // namespace cairn
