#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include <cairn/monitor.h>

namespace cairn {
namespace {

using Json = nlohmann::ordered_json;
using Columns = std::vector<std::pair<std::string, double>>;
constexpr const char* kTypes[] = {"iteration", "epoch", "evaluation"};

Json number_json(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

double number_of(const Json& json) {
  if (json.is_number()) return json.get<double>();
  const std::string text = json.get<std::string>();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  return text == "inf" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}

Json columns_json(const Columns& columns) {
  Json json = Json::object();
  for (const auto& [name, value] : columns) json[name] = number_json(value);
  return json;
}

Columns columns_of(const Json& json) {
  Columns columns;
  for (const auto& [name, value] : json.items()) columns.emplace_back(name, number_of(value));
  return columns;
}

}  // namespace

std::string to_json_line(const MetricRow& row) {
  const Json json{{"row", kTypes[static_cast<int>(row.type)]},
                  {"epoch", row.at.epoch},
                  {"position", row.at.position},
                  {"iteration", row.at.iteration},
                  {"step", row.at.step},
                  {"exact", columns_json(row.exact)},
                  {"measured", columns_json(row.measured)}};
  return json.dump();
}

MetricRow row_from_json_line(std::string_view line) {
  try {
    const Json json = Json::parse(line);
    MetricRow row;
    const std::string type = json.at("row").get<std::string>();
    row.type = type == kTypes[0]   ? MetricRow::Type::Iteration
               : type == kTypes[1] ? MetricRow::Type::Epoch
                                   : MetricRow::Type::Evaluation;
    row.at.epoch = json.at("epoch").get<int64_t>();
    row.at.position = json.at("position").get<int64_t>();
    row.at.iteration = json.at("iteration").get<int64_t>();
    row.at.step = json.at("step").get<int64_t>();
    row.exact = columns_of(json.at("exact"));
    row.measured = columns_of(json.at("measured"));
    return row;
  } catch (const nlohmann::json::exception& error) {
    fail(Code::InvalidArgument, "not a row of a journal: ", error.what());
  }
}

}  // namespace cairn
