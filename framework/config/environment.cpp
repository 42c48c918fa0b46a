#include "config/environment.h"

#include <cairn/error.h>

#include "config/secrets.h"

namespace cairn {
namespace {

constexpr const char* kForms = "${NAME}, or $${ for a literal ${";

struct Expander {
  const Environment& environment;
  std::vector<std::string> used;
  std::string complaint, expected;

  bool variable(const std::string& name, std::string& out) {
    if (!is_variable_name(name)) {
      complaint = cat("'${", name, "}' names no environment variable");
      expected = kForms;
    } else if (sounds_secret(name)) {
      complaint =
          cat("environment variable ", name, " seems to hold a secret, which must not become part of a pipeline");
      expected = "a parameter ending in _env that holds the variable's name";
    } else if (const auto value = environment(name)) {
      used.push_back(name);
      out += *value;
      return true;
    } else {
      complaint = cat("environment variable ", name, " is not set");
    }
    return false;
  }

  std::optional<std::string> text(const std::string& from) {
    std::string out;
    for (size_t at = 0; at < from.size();) {
      if (from.compare(at, 3, "$${") == 0) {
        out += "${";
        at += 3;
      } else if (from.compare(at, 2, "${") == 0) {
        const size_t end = from.find('}', at);
        if (end == std::string::npos) {
          complaint = "'${' is not closed";
          expected = kForms;
          return std::nullopt;
        }
        if (!variable(from.substr(at + 2, end - at - 2), out)) return std::nullopt;
        at = end + 1;
      } else {
        out += from[at++];
      }
    }
    return out;
  }
};

}  // namespace

void expand_environment(Node& node, const std::string& path, const Environment& environment,
                        std::vector<ConfigProblem>& problems) {
  for (size_t i = 0; i < node.children.size(); ++i) {
    Node& child = node.children[i];
    const std::string name = node.kind == Node::Kind::List ? std::to_string(i) : child.name;
    expand_environment(child, path.empty() ? name : path + "." + name, environment, problems);
  }
  const std::string* text = node.kind == Node::Kind::Scalar ? node.scalar.as<std::string>() : nullptr;
  if (text == nullptr || text->find("${") == std::string::npos) return;
  Expander expander{environment, {}, "", ""};
  if (auto expanded = expander.text(*text)) {
    node.scalar = Value(*expanded);
    node.raw = std::move(*expanded);
    node.origin.environment = std::move(expander.used);
  } else {
    problems.push_back({node.origin, path, expander.complaint, expander.expected, "", ""});
  }
}

std::string escape_environment(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "${") == 0) out += '$';
    out += text[i];
  }
  return out;
}

}  // namespace cairn
