#include "config/show.h"

#include <algorithm>
#include <cctype>

#include "config/environment.h"
#include "config/keys.h"

namespace cairn {
namespace {

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

// {"checkpoint", "backend", "0", "path"} -> [[checkpoint.backend]]
// {"checkpoint", "backend", "1", "keep", "last"} -> [checkpoint.backend.keep], of the entry above
std::string header(const std::vector<std::string>& path) {
  std::string name;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    if (!is_number(path[i])) name += (name.empty() ? "" : ".") + path[i];
  }
  const bool entry = path.size() > 1 && is_number(path[path.size() - 2]);
  return entry ? "[[" + name + "]]" : "[" + name + "]";
}

Value escaped(const Value& value) {
  if (const auto* text = value.as<std::string>()) return Value(escape_environment(*text));
  const auto* list = value.as<List>();
  if (list == nullptr) return value;
  List out;
  for (const Value& entry : *list) out.push_back(escaped(entry));
  return Value(std::move(out));
}

std::string line_of(const Entry& entry) {
  return entry.path.back() + " = " + escaped(entry.value).to_text();
}

template <class Comment>
std::string write(const LoadResult& result, const Comment& comment) {
  constexpr size_t kCommentColumn = 40;
  std::string out;
  std::vector<std::string> table;
  for (const Entry& entry : result.entries) {
    std::vector<std::string> of(entry.path.begin(), entry.path.end() - 1);
    if (of != table) out += "\n" + header(entry.path) + "\n";
    table = std::move(of);
    std::string line = line_of(entry);
    if (const std::string text = comment(entry); !text.empty()) {
      line.resize(std::max(line.size() + 2, kCommentColumn), ' ');
      line += "# " + text;
    }
    out += line + "\n";
  }
  return out;
}

}  // namespace

std::string show(const LoadResult& result) {
  std::string out;
  for (const auto& file : result.files) out += "# " + file.string() + "\n";
  out += "# preset " + (result.preset.empty() ? "none" : result.preset) + "\n";
  return out + write(result, [](const Entry& entry) {
           const std::string unit(name_of(entry.unit));
           return (unit.empty() ? "" : unit + "; ") + entry.origin.to_text();
         });
}

std::string resolved_toml(const LoadResult& result) {
  return "# The pipeline of this run, written by cairn: every value, no preset or default beneath it.\n" +
         std::string(kResolvedKey) + " = true\n" + write(result, [](const Entry&) { return std::string(); });
}

}  // namespace cairn
