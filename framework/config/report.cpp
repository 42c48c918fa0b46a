#include "config/report.h"

#include "config/fingerprint.h"

namespace cairn {

using nlohmann::json;

json to_json(const Value& value) {
  if (const auto* v = value.as<bool>()) return *v;
  if (const auto* v = value.as<int64_t>()) return *v;
  if (const auto* v = value.as<double>()) return *v;
  if (const auto* v = value.as<std::string>()) return *v;
  if (const auto* v = value.as<List>()) {
    json list = json::array();
    for (const Value& entry : *v) list.push_back(to_json(entry));
    return list;
  }
  json table = json::object();
  if (const auto* v = value.as<Table>()) {
    for (const auto& [key, entry] : *v) table[key] = to_json(entry);
  }
  return value.empty() ? json() : table;
}

namespace {

json files_of(const LoadResult& result) {
  json files = json::array();
  for (const auto& file : result.files) files.push_back(file.string());
  return files;
}

}  // namespace

json problems_json(const LoadResult& result) {
  json problems = json::array();
  for (const ConfigProblem& p : result.problems) {
    problems.push_back({{"file", p.where.source},
                        {"line", p.where.line},
                        {"column", p.where.column},
                        {"key", p.key},
                        {"message", p.message},
                        {"expected", p.expected},
                        {"found", p.found},
                        {"nearest", p.nearest},
                        {"text", p.to_text()}});
  }
  return {{"files", files_of(result)}, {"problems", std::move(problems)}};
}

json values_json(const LoadResult& result) {
  json values = json::array();
  for (const Entry& entry : result.entries) {
    values.push_back({{"key", entry.key()},
                      {"value", to_json(entry.value)},
                      {"origin", entry.origin.to_text()},
                      {"unit", name_of(entry.unit)},
                      {"help", entry.help},
                      {"shapes_results", entry.affects_numerics}});
  }
  return {{"files", files_of(result)},
          {"preset", result.preset.empty() ? "none" : result.preset},
          {"fingerprint", numerics_fingerprint(result)},
          {"values", std::move(values)}};
}

}  // namespace cairn
