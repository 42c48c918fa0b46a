#include "config/table_check.h"

#include <algorithm>

#include "base/nearest.h"
#include "config/paths.h"
#include "config/secrets.h"
#include "config/values.h"

namespace cairn {

std::string Entry::key() const {
  return join(path, ".");
}

TableCheck::TableCheck(const CheckContext& context, const HostTable& table, const Node* node,
                       std::vector<std::string> path)
    : context_(context), table_(table), node_(node), path_(std::move(path)) {}

std::string TableCheck::key_path(std::string_view name) const {
  return cat(join(path_, "."), ".", name);
}

Origin TableCheck::place() const {
  if (node_ == nullptr) return {Layer::File, context_.request.path.string(), 0, 0, {}};
  return node_->name_origin.source.empty() ? node_->origin : node_->name_origin;
}

void TableCheck::wrong(const Node& node, const ParamSpec& spec, std::string expected, std::string found,
                       std::string near) {
  context_.result.problems.push_back(
      {node.origin, key_path(spec.name), "", std::move(expected), std::move(found), std::move(near)});
}

void TableCheck::missing(const HostKey& key) {
  std::string expected = key.spec.help;
  if (!key.spec.choices.empty()) expected = join(key.spec.choices, " | ");
  context_.result.problems.push_back({place(), key_path(key.spec.name), "is missing", std::move(expected), "", ""});
}

Value TableCheck::resolved(const Value& value, PathRole role, const Origin& origin) const {
  if (const auto* text = value.as<std::string>()) {
    return Value(resolve_path(*text, role, origin, context_.working_directory, context_.environment));
  }
  const auto* list = value.as<List>();
  if (list == nullptr || role == PathRole::None) return value;
  List out;
  for (const Value& entry : *list) out.push_back(resolved(entry, role, origin));
  return Value(std::move(out));
}

void TableCheck::record(const ParamSpec& spec, const Value& value, const Origin& origin, PathRole role,
                        bool from_plugin) {
  Entry entry;
  entry.path = path_;
  entry.path.push_back(spec.name);
  entry.value = value;
  entry.origin = origin;
  entry.help = spec.help;
  entry.unit = spec.unit;
  entry.mutable_at = spec.mutable_at;
  entry.affects_numerics = spec.affects_numerics;
  entry.is_path = role != PathRole::None;
  entry.from_plugin = from_plugin;
  entry.from_secret = spec.secret;
  context_.result.entries.push_back(std::move(entry));
}

void TableCheck::host_keys(void* into) {
  for (const HostKey& key : table_.keys) host_key(key, into);
}

void TableCheck::host_key(const HostKey& key, void* into) {
  const Node* node = node_ == nullptr ? nullptr : node_->find(key.spec.name);
  if (node == nullptr) {
    if (key.required) return missing(key);
    if (key.spec.default_value.empty() || key.spec.name == left_out_) return;
    const Value value = resolved(key.spec.default_value, key.path, {});
    key.spec.assign(into, value);
    return record(key.spec, value, {}, key.path, false);
  }
  CheckedValue checked = check_value(key.spec, *node, key.word);
  if (checked.value && key.expected_instead != nullptr) {
    if (std::string expected = key.expected_instead(*checked.value); !expected.empty()) {
      checked = {std::nullopt, std::move(expected),
                 names_source(key.spec.name) ? "something else (not shown, it may be the secret itself)"
                                             : shown(node->value()),
                 ""};
    }
  }
  if (!checked.value) return wrong(*node, key.spec, checked.expected, checked.found, checked.nearest);
  const Value value = resolved(*checked.value, key.path, node->origin);
  key.spec.assign(into, value);
  record(key.spec, value, node->origin, key.path, false);
}

const FactoryDescriptor* TableCheck::find_factory(const std::string& type) {
  if (!context_.request.find_factory) return nullptr;
  try {
    if (const auto* factory = context_.request.find_factory(*table_.kind, type)) return factory;
  } catch (const Error& error) {
    context_.result.problems.push_back({node_->find("type")->origin, key_path("type"), error.message(), "", "", ""});
    return nullptr;
  }
  unknown_type(type);
  return nullptr;
}

void TableCheck::unknown_type(const std::string& type) {
  constexpr size_t kMostNames = 12;
  const auto types =
      context_.request.known_types ? context_.request.known_types(*table_.kind) : std::vector<std::string>{};
  const auto near = by_distance(type.substr(0, 64), types);
  const std::vector<std::string> first(near.begin(),
                                       near.begin() + static_cast<std::ptrdiff_t>(std::min(near.size(), kMostNames)));
  const std::string known = join(first, " | ") + (near.size() > first.size() ? " | ..." : "");
  context_.result.problems.push_back({node_->find("type")->origin, key_path("type"),
                                      cat("unknown ", name_of(*table_.kind), " plugin"), known, shown(Value(type)),
                                      nearest(type.substr(0, 64), types)});
}

void TableCheck::plugin_keys(PluginTable& into) {
  if (node_ == nullptr || into.type.empty()) return;
  into.location = node_->find("type")->origin.place();
  factory_ = find_factory(into.type);
  if (factory_ != nullptr) {
    for (const ParamSpec& spec : factory_->params) {
      if (!is_host_key(table_, spec.name)) plugin_key(spec, into.params);
    }
  } else if (!context_.request.find_factory) {
    const std::vector<std::string> inside = tables_inside(table_.path);
    for (const Node& child : node_->children) {
      const bool table = std::find(inside.begin(), inside.end(), child.name) != inside.end();
      if (!table && !is_host_key(table_, child.name)) into.params[child.name] = child.value();
    }
  }
}

void TableCheck::plugin_key(const ParamSpec& spec, Table& params) {
  const Node* node = node_->find(spec.name);
  const PathRole role = role_of(spec, *table_.kind);
  if (node == nullptr) {
    const Value value = resolved(spec.default_value, role, {});
    params[spec.name] = value;
    return record(spec, value, {}, role, true);
  }
  CheckedValue checked = check_value(spec, *node);
  const std::string secret = secret_problem(spec, checked.value.value_or(node->value()));
  if (!secret.empty()) {
    context_.result.problems.push_back({node->origin, key_path(spec.name), secret, "", "", ""});
    return;
  }
  if (!checked.value) {
    return wrong(*node, spec, checked.expected, spec.secret ? "something else" : checked.found, checked.nearest);
  }
  const Value value = resolved(*checked.value, role, node->origin);
  params[spec.name] = value;
  record(spec, value, node->origin, role, true);
}

void TableCheck::unknown_keys() {
  if (node_ == nullptr || (table_.kind && factory_ == nullptr)) return;
  std::vector<std::string> known = tables_inside(table_.path);
  for (const HostKey& key : table_.keys) known.push_back(key.spec.name);
  if (factory_ != nullptr) {
    for (const ParamSpec& spec : factory_->params) known.push_back(spec.name);
  }
  for (const Node& child : node_->children) {
    if (std::find(known.begin(), known.end(), child.name) != known.end()) continue;
    ConfigProblem problem{
        child.name_origin, key_path(child.name), "unknown key", "", "", nearest(child.name.substr(0, 64), known)};
    if (factory_ != nullptr) problem.message += cat(" of ", name_of(*table_.kind), " '", factory_->type, "'");
    if (sounds_secret(child.name)) {
      problem.message = "a secret must not stand in a pipeline";
      problem.expected = "its source: " + source_names(child.name);
      problem.nearest.clear();
    }
    context_.result.problems.push_back(std::move(problem));
  }
}

}  // namespace cairn
