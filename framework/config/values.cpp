#include "config/values.h"

#include <algorithm>
#include <cmath>

#include "base/nearest.h"
#include "config/units.h"

namespace cairn {
namespace {

bool is_list(ParamType type) {
  return type == ParamType::Integers || type == ParamType::Reals || type == ParamType::Texts;
}

ParamType entry_of(ParamType type) {
  if (type == ParamType::Integers) return ParamType::Integer;
  if (type == ParamType::Reals) return ParamType::Real;
  return type == ParamType::Texts ? ParamType::Text : type;
}

CheckedValue mismatch(const ParamSpec& spec, const Value& value, const std::string& problem) {
  constexpr std::string_view kExpected = "expected ", kFound = ", found ";
  CheckedValue out;
  out.found = shown(value);
  const size_t end = problem.rfind(kFound);
  out.expected = problem.starts_with(kExpected) ? problem.substr(kExpected.size(), end - kExpected.size()) : problem;
  if (const auto* text = value.as<std::string>()) out.nearest = nearest(text->substr(0, 64), spec.choices);
  return out;
}

// The value as `type` wants it; unchanged when no conversion applies. Nothing when its unit is wrong.
std::optional<Value> converted(const ParamSpec& spec, ParamType type, const Value& value, std::string& expected) {
  const auto* text = value.as<std::string>();
  const auto* integer = value.as<int64_t>();
  if ((type == ParamType::Real || type == ParamType::Integer) && text != nullptr) {
    ParamSpec entry = spec;
    entry.type = type;
    return read_with_unit(entry, *text, expected);
  }
  if (type == ParamType::Real && integer != nullptr) return Value(static_cast<double>(*integer));
  return value;
}

bool is_finite(const Value& value) {
  if (const auto* real = value.as<double>()) return std::isfinite(*real);
  const auto* list = value.as<List>();
  return list == nullptr || std::all_of(list->begin(), list->end(), is_finite);
}

}  // namespace

std::string shown(const Value& value) {
  constexpr size_t kLongest = 60;
  std::string text = value.to_text();
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

CheckedValue check_value(const ParamSpec& spec, const Node& node, const std::string& word) {
  Value given = node.value();
  const ParamType entry = entry_of(spec.type);
  const bool typed = node.kind == Node::Kind::Scalar && node.origin.layer == Layer::Set && !node.raw.empty();
  if (typed && entry == ParamType::Text) given = Value(node.raw);
  if (const auto* text = given.as<std::string>(); text != nullptr && !word.empty() && *text == word)
    return {given, "", "", ""};
  if (is_list(spec.type) && node.kind == Node::Kind::Scalar) given = Value(List{given});
  Value value = given;
  std::string expected;
  List converted_list;
  if (is_list(spec.type) && given.as<List>() != nullptr) {
    for (const Value& one : given.list()) {
      auto next = converted(spec, entry, one, expected);
      if (!next) return {std::nullopt, expected, shown(one), ""};
      converted_list.push_back(std::move(*next));
    }
    value = Value(std::move(converted_list));
  } else if (!is_list(spec.type)) {
    auto next = converted(spec, spec.type, given, expected);
    if (!next) return {std::nullopt, word.empty() ? expected : cat(expected, ", or \"", word, "\""), shown(given), ""};
    value = std::move(*next);
  }
  if (const std::string problem = spec.problem_with(value); !problem.empty()) return mismatch(spec, given, problem);
  if (!is_finite(value)) return {std::nullopt, "a finite number", shown(given), ""};
  return {std::move(value), "", "", ""};
}

}  // namespace cairn
