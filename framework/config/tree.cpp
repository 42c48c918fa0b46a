#include "config/tree.h"

#include <algorithm>
#include <utility>

namespace cairn {

const Node* Node::find(std::string_view child) const {
  const auto found = std::find_if(children.begin(), children.end(), [&](const Node& n) { return n.name == child; });
  return kind != Kind::Table || found == children.end() ? nullptr : &*found;
}

Node* Node::find(std::string_view child) {
  return const_cast<Node*>(std::as_const(*this).find(child));
}

const std::string* Node::text(std::string_view child) const {
  const Node* node = find(child);
  return node == nullptr || node->kind != Kind::Scalar ? nullptr : node->scalar.as<std::string>();
}

Node& Node::put(Node child) {
  if (Node* old = find(child.name)) return *old = std::move(child);
  return children.emplace_back(std::move(child));
}

void Node::erase(std::string_view child) {
  std::erase_if(children, [&](const Node& n) { return n.name == child; });
}

std::string Node::type_name() const {
  if (kind == Kind::Scalar) return scalar.type_name();
  return kind == Kind::List ? "list" : "table";
}

Value Node::value() const {
  if (kind == Kind::Scalar) return scalar;
  if (kind == Kind::List) {
    List list;
    for (const Node& child : children) list.push_back(child.value());
    return list;
  }
  Table table;
  for (const Node& child : children) table[child.name] = child.value();
  return table;
}

namespace {

void merge_tables(Node& base, const Node& over) {
  for (const Node& child : over.children) {
    if (child.name == "epochs" && base.name == "run") base.erase("iterations");
    if (child.name == "iterations" && base.name == "run") base.erase("epochs");
    Node* below = base.find(child.name);
    const bool mergeable = below != nullptr && below->kind == Node::Kind::Table && child.kind == Node::Kind::Table;
    const bool whole = child.name == "best" && child.find("metric") != nullptr;
    if (mergeable && !whole) {
      merge_tables(*below, child);
      below->name_origin = child.name_origin;
    } else {
      base.put(child);
    }
  }
}

}  // namespace

void lay_over(Node& base, const Node& over) {
  // A layer that names both has to be told so: the copy keeps them side by side.
  const Node* run = over.find("run");
  const bool both = run != nullptr && run->find("epochs") != nullptr && run->find("iterations") != nullptr;
  merge_tables(base, over);
  if (both) {
    base.find("run")->put(*run->find("epochs"));
    base.find("run")->put(*run->find("iterations"));
  }
}

}  // namespace cairn
