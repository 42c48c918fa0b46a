#include "config/sets.h"

#include <algorithm>
#include <charconv>

#include "base/nearest.h"
#include "config/keys.h"
#include "config/toml_reader.h"

namespace cairn {
namespace {

std::vector<std::string> split_path(const std::string& text) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == '.') {
      parts.emplace_back();
    } else if (c != ' ') {
      parts.back() += c;
    }
  }
  return parts;
}

class Setter {
 public:
  Setter(Node& root, const std::string& text, std::vector<ConfigProblem>& problems)
      : root_(root), text_(text), problems_(problems) {
    origin_.layer = Layer::Set;
    origin_.source = text;
  }

  void apply() {
    const size_t equals = text_.find('=');
    const auto path = split_path(text_.substr(0, equals));
    if (equals == std::string::npos || std::any_of(path.begin(), path.end(), [](auto& p) { return p.empty(); })) {
      return problem("", "cannot be read", "TABLE.KEY=VALUE", "");
    }
    const std::vector<std::string> tables = tables_inside("");
    if (path.size() == 1 && std::find(tables.begin(), tables.end(), path[0]) == tables.end()) {
      return problem(path[0], "cannot be set here", "TABLE.KEY=VALUE", nearest(path[0], tables));
    }
    Node* at = &root_;
    std::string walked;
    for (size_t i = 0; i + 1 < path.size() && at != nullptr; ++i) {
      at = descend(*at, path[i], walked);
      walked += (walked.empty() ? "" : ".") + path[i];
    }
    if (at != nullptr) put(*at, path.back(), walked, text_.substr(equals + 1));
  }

 private:
  void problem(std::string key, std::string message, std::string expected, std::string near) {
    problems_.push_back({origin_, std::move(key), std::move(message), std::move(expected), "", std::move(near)});
  }

  static bool is_array(const std::string& path) {
    const auto& tables = host_tables();
    return std::any_of(tables.begin(), tables.end(), [&](const HostTable& t) { return t.array && t.path == path; });
  }

  Node* descend(Node& at, const std::string& name, const std::string& walked) {
    if (at.kind == Node::Kind::List) return entry(at, name, walked);
    if (Node* child = at.kind == Node::Kind::Table ? at.find(name) : nullptr) {
      if (child->kind != Node::Kind::Scalar) return child;
      problem(walked + "." + name, "is a value, not a table", "", "");
      return nullptr;
    }
    Node child;
    child.name = name;
    child.kind = is_array(walked.empty() ? name : walked + "." + name) ? Node::Kind::List : Node::Kind::Table;
    child.name_origin = child.origin = origin_;
    return &at.put(std::move(child));
  }

  Node* entry(Node& list, const std::string& name, const std::string& walked) {
    size_t index = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    if (error == std::errc() && end == name.data() + name.size()) {
      if (index < list.children.size()) return &list.children[index];
      problem(walked, cat("has no entry ", name), cat("a number below ", list.children.size()), "");
      return nullptr;
    }
    std::vector<std::string> types;
    Node* found = nullptr;
    for (Node& child : list.children) {
      const std::string* type = child.kind == Node::Kind::Table ? child.text("type") : nullptr;
      if (type == nullptr) continue;
      types.push_back(*type);
      if (*type != name) continue;
      if (found != nullptr) {
        problem(walked, cat("has more than one entry of type '", name, "'"), "the entry's number, from 0", "");
        return nullptr;
      }
      found = &child;
    }
    if (found == nullptr) {
      problem(walked, cat("has no entry of type '", name, "'"), types.empty() ? "" : join(types, " | "),
              nearest(name, types));
    }
    return found;
  }

  void put(Node& at, const std::string& name, const std::string& walked, const std::string& value) {
    if (at.kind != Node::Kind::Table) return problem(walked, "is no table", "ENTRY.KEY behind it", "");
    Node child;
    if (auto parsed = parse_toml_value(value)) {
      child = std::move(*parsed);
    } else {
      child.scalar = Value(value);
      child.kind = Node::Kind::Scalar;
    }
    child.name = name;
    child.raw = child.scalar.as<std::string>() != nullptr ? *child.scalar.as<std::string>() : value;
    mark(child);
    if (walked == "run" && name == "epochs") at.erase("iterations");
    if (walked == "run" && name == "iterations") at.erase("epochs");
    at.put(std::move(child));
  }

  void mark(Node& node) const {
    node.origin = node.name_origin = origin_;
    for (Node& child : node.children) mark(child);
  }

  Node& root_;
  const std::string& text_;
  std::vector<ConfigProblem>& problems_;
  Origin origin_;
};

}  // namespace

void apply_sets(Node& root, const std::vector<std::string>& sets, std::vector<ConfigProblem>& problems) {
  for (const std::string& text : sets) Setter(root, text, problems).apply();
}

}  // namespace cairn
