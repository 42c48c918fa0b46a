#include "config/units.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <utility>

namespace cairn {
namespace {

struct Named {
  std::string_view name;
  double factor;
};

constexpr Named kDurations[] = {{"ms", 1e-3},    {"s", 1},       {"sec", 1},      {"second", 1},  {"seconds", 1},
                                {"min", 60},     {"minute", 60}, {"minutes", 60}, {"h", 3600},    {"hour", 3600},
                                {"hours", 3600}, {"d", 86400},   {"day", 86400},  {"days", 86400}};
constexpr Named kSizes[] = {
    {"B", 1},     {"kB", 1e3},   {"KB", 1e3},      {"MB", 1e6},         {"GB", 1e9},
    {"TB", 1e12}, {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}, {"TiB", 1099511627776.0}};
constexpr Named kIterations[] = {{"iteration", 1}, {"iterations", 1}};
constexpr Named kEpochs[] = {{"epoch", 1}, {"epochs", 1}};
constexpr Named kSteps[] = {{"step", 1}, {"steps", 1}};
constexpr Named kPixels[] = {{"px", 1}, {"pixel", 1}, {"pixels", 1}};
constexpr Named kDegrees[] = {{"deg", 1}, {"degree", 1}, {"degrees", 1}};
constexpr Named kImages[] = {{"image", 1}, {"images", 1}};
constexpr Named kPercent[] = {{"%", 1}, {"percent", 1}};

std::span<const Named> units_of(Unit unit) {
  switch (unit) {
    case Unit::Seconds:
      return kDurations;
    case Unit::Bytes:
      return kSizes;
    case Unit::Iterations:
      return kIterations;
    case Unit::Epochs:
      return kEpochs;
    case Unit::Steps:
      return kSteps;
    case Unit::Pixels:
      return kPixels;
    case Unit::Degrees:
      return kDegrees;
    case Unit::Images:
      return kImages;
    case Unit::Percent:
      return kPercent;
    default:
      return {};
  }
}

std::string forms_of(ParamType type, Unit unit) {
  if (unit == Unit::Seconds) return "a duration in ms, s, min, h or d, such as \"90s\"";
  if (unit == Unit::Bytes) return "a size in B, KiB, MiB, GiB, TiB, kB, MB, GB or TB, such as \"64MiB\"";
  return cat(name_of(type), ", also with the unit behind it: ", units_of(unit).back().name);
}

struct Quantity {
  double number;
  std::string_view unit;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<Quantity> split(std::string_view text) {
  text = trimmed(text);
  Quantity out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.number);
  if (error != std::errc() || !std::isfinite(out.number)) return std::nullopt;
  out.unit = trimmed(text.substr(static_cast<size_t>(end - text.data())));
  return out;
}

std::optional<double> in_units(const Quantity& quantity, std::span<const Named> units) {
  const auto found = std::find_if(units.begin(), units.end(), [&](const Named& u) { return u.name == quantity.unit; });
  if (found == units.end()) return std::nullopt;
  return quantity.number * found->factor;
}

constexpr double kLargestCount = 9007199254740992.0;  // 2^53: whole numbers up to here are exact

std::optional<int64_t> whole(double value) {
  if (value != std::floor(value) || std::abs(value) > kLargestCount) return std::nullopt;
  return static_cast<int64_t>(value);
}

}  // namespace

std::optional<Value> read_with_unit(const ParamSpec& spec, std::string_view text, std::string& expected) {
  const auto units = units_of(spec.unit);
  if (units.empty()) {
    expected = cat(name_of(spec.type), spec.unit == Unit::Ratio ? " (a ratio, without a unit)" : "");
    return std::nullopt;
  }
  expected = forms_of(spec.type, spec.unit);
  const auto quantity = split(text);
  const auto number = quantity ? in_units(*quantity, units) : std::nullopt;
  if (!number) return std::nullopt;
  if (spec.type == ParamType::Real) return Value(*number);
  if (const auto count = whole(*number)) return Value(*count);
  expected = cat("a whole number of ", name_of(spec.unit));
  return std::nullopt;
}

std::optional<Trigger> parse_trigger(std::string_view text) {
  if (trimmed(text) == "auto") return Trigger{Trigger::Kind::Auto, 1, 0};
  const auto quantity = split(text);
  if (!quantity) return std::nullopt;
  const std::pair<std::span<const Named>, Trigger::Kind> counted[] = {
      {kEpochs, Trigger::Kind::Epochs}, {kIterations, Trigger::Kind::Iterations}, {kSteps, Trigger::Kind::Steps}};
  for (const auto& [units, kind] : counted) {
    if (const auto number = in_units(*quantity, units)) {
      const auto count = whole(*number);
      return count && *count >= 1 ? std::optional(Trigger{kind, *count, 0}) : std::nullopt;
    }
  }
  const auto seconds = in_units(*quantity, kDurations);
  if (!seconds || *seconds <= 0) return std::nullopt;
  return Trigger{Trigger::Kind::Time, 1, *seconds};
}

}  // namespace cairn
