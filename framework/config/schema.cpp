#include "config/schema.h"

#include "config/keys.h"
#include "config/report.h"

namespace cairn {
namespace {

using nlohmann::json;

json number_schema(const ParamSpec& spec, const char* type) {
  json out{{"type", type}};
  if (spec.range.low) out[spec.range.low_open ? "exclusiveMinimum" : "minimum"] = *spec.range.low;
  if (spec.range.high) out[spec.range.high_open ? "exclusiveMaximum" : "maximum"] = *spec.range.high;
  return out;
}

json one_value(const ParamSpec& spec) {
  switch (spec.type) {
    case ParamType::Bool:
      return {{"type", "boolean"}};
    case ParamType::Integer:
    case ParamType::Integers:
      return number_schema(spec, "integer");
    case ParamType::Real:
    case ParamType::Reals:
      return number_schema(spec, "number");
    default:
      return spec.choices.empty() ? json{{"type", "string"}} : json{{"enum", spec.choices}};
  }
}

bool is_number(ParamType type) {
  return type == ParamType::Integer || type == ParamType::Real;
}

json key_schema(const ParamSpec& spec, const std::string& word = "") {
  json out = one_value(spec);
  const bool list = spec.type == ParamType::Integers || spec.type == ParamType::Reals || spec.type == ParamType::Texts;
  if (list) out = {{"anyOf", {out, {{"type", "array"}, {"items", out}}}}};
  if (!word.empty()) {
    out = {{"anyOf", {out, {{"const", word}}}}};
  } else if (is_number(spec.type) && spec.unit != Unit::None && spec.unit != Unit::Ratio) {
    out = {{"anyOf", {out, {{"type", "string"}}}}};
  }
  const std::string unit(name_of(spec.unit));
  out["description"] = spec.help + (unit.empty() ? "" : " [" + unit + "]");
  if (!spec.default_value.empty()) out["default"] = to_json(spec.default_value);
  return out;
}

json table_schema(const HostTable& table);

// The host's keys and tables inside; without parameters of plugins.
json host_properties(const HostTable& table) {
  json out = json::object();
  for (const HostKey& key : table.keys) out[key.spec.name] = key_schema(key.spec, key.word);
  for (const std::string& inside : tables_inside(table.path)) {
    out[inside] = table_schema(host_table(table.path + "." + inside));
  }
  return out;
}

json closed(json properties, const std::string& help) {
  return {{"type", "object"},
          {"description", help},
          {"properties", std::move(properties)},
          {"additionalProperties", false}};
}

json plugin_schema(const HostTable& table, const FactoryDescriptor& factory) {
  json properties = host_properties(table);
  for (const ParamSpec& spec : factory.params) {
    if (!is_host_key(table, spec.name)) properties[spec.name] = key_schema(spec);
  }
  properties["type"] = {{"const", factory.type}, {"description", factory.help}};
  return closed(std::move(properties), factory.help);
}

json as_array(const HostTable& table, json entry) {
  return table.array ? json{{"type", "array"}, {"description", table.help}, {"items", std::move(entry)}} : entry;
}

json table_schema(const HostTable& table) {
  json out = closed(host_properties(table), table.help);
  if (table.kind) out["additionalProperties"] = true;
  return as_array(table, std::move(out));
}

json with_plugins(const HostTable& table, const std::vector<const FactoryDescriptor*>& factories) {
  json branches = json::array();
  for (const FactoryDescriptor* factory : factories) {
    if (factory->kind == *table.kind) branches.push_back(plugin_schema(table, *factory));
  }
  if (branches.empty()) return table_schema(table);
  // A preset may bring the type of these; then an editor sees only the other keys.
  const bool type_may_be_left_out = *table.kind == Kind::Optimizer || *table.kind == Kind::Scheduler;
  for (json& branch : branches) {
    if (!type_may_be_left_out) branch["required"] = {"type"};
  }
  return as_array(table,
                  {{"description", table.help}, {type_may_be_left_out ? "anyOf" : "oneOf", std::move(branches)}});
}

}  // namespace

json schema(const std::vector<const FactoryDescriptor*>& factories) {
  json properties = json::object();
  for (const std::string& name : tables_inside("")) {
    const HostTable& table = host_table(name);
    properties[name] = table.kind ? with_plugins(table, factories) : table_schema(table);
  }
  properties["checkpoint"]["properties"]["backend"] = with_plugins(host_table("checkpoint.backend"), factories);
  const json file{{"type", "string"}};
  properties["include"] = {{"anyOf", {file, {{"type", "array"}, {"items", file}}}},
                           {"description", "files beneath this one, relative to it"}};
  properties["resolved"] = {{"type", "boolean"},
                            {"description", "written by cairn: no preset and no default beneath this file"}};
  properties["allow_numerics"] = {{"type", "boolean"}, {"description", "only in a site's file: it may change results"}};
  json out = closed(std::move(properties), "A pipeline of cairn, or a site's part of one.");
  out["$schema"] = "http://json-schema.org/draft-07/schema#";
  out["title"] = "cairn pipeline";
  return out;
}

}  // namespace cairn
