#include <cairn/params.h>

#include <algorithm>
#include <cmath>

namespace cairn {

std::string_view name_of(ParamType type) {
  switch (type) {
    case ParamType::Bool:
      return "true or false";
    case ParamType::Integer:
      return "an integer";
    case ParamType::Real:
      return "a number";
    case ParamType::Text:
      return "a text";
    case ParamType::Integers:
      return "a list of integers";
    case ParamType::Reals:
      return "a list of numbers";
    case ParamType::Texts:
      return "a list of texts";
  }
  return "?";
}

std::string_view name_of(Unit unit) {
  constexpr std::string_view kNames[] = {"",        "iterations", "epochs", "steps",  "pixels", "degrees",
                                         "seconds", "bytes",      "ratio",  "images", "percent"};
  return kNames[static_cast<int>(unit)];
}

namespace {

bool is_list(ParamType type) {
  return type == ParamType::Integers || type == ParamType::Reals || type == ParamType::Texts;
}

bool type_fits(ParamType type, const Value& value) {
  switch (type) {
    case ParamType::Bool:
      return value.as<bool>() != nullptr;
    case ParamType::Integer:
      return value.as<int64_t>() != nullptr;
    case ParamType::Real:
      return value.as<double>() != nullptr || value.as<int64_t>() != nullptr;
    case ParamType::Text:
      return value.as<std::string>() != nullptr;
    default:
      break;
  }
  const List* list = value.as<List>();
  if (list == nullptr) return false;
  const ParamType entry = type == ParamType::Integers ? ParamType::Integer
                          : type == ParamType::Reals  ? ParamType::Real
                                                      : ParamType::Text;
  return std::all_of(list->begin(), list->end(), [&](const Value& v) { return type_fits(entry, v); });
}

std::string range_text(const Range& range) {
  if (range.low && range.high) {
    return cat(range.low_open ? "more than " : "from ", *range.low, range.high_open ? " to less than " : " to ",
               *range.high);
  }
  if (range.low) return cat(range.low_open ? "more than " : "at least ", *range.low);
  return cat(range.high_open ? "less than " : "at most ", *range.high);
}

bool in_range(const Range& range, double value) {
  if (std::isnan(value)) return false;
  if (range.low && (value < *range.low || (range.low_open && value == *range.low))) return false;
  return !(range.high && (value > *range.high || (range.high_open && value == *range.high)));
}

std::string problem_with_entry(const ParamSpec& spec, const Value& value) {
  const bool number = value.as<double>() != nullptr || value.as<int64_t>() != nullptr;
  if (number && (spec.range.low || spec.range.high) && !in_range(spec.range, value.real())) {
    return cat("expected ", range_text(spec.range), ", found ", value.to_text());
  }
  if (number && std::isnan(value.real())) return "expected a number, found nan";
  const std::string* text = value.as<std::string>();
  if (text == nullptr || spec.choices.empty()) return "";
  if (std::find(spec.choices.begin(), spec.choices.end(), *text) != spec.choices.end()) return "";
  std::string choices;
  for (const std::string& choice : spec.choices) choices += (choices.empty() ? "" : " | ") + choice;
  return cat("expected ", choices, ", found ", value.to_text());
}

}  // namespace

std::string ParamSpec::problem_with(const Value& value) const {
  if (!type_fits(type, value))
    return cat("expected ", name_of(type), ", found ", value.type_name(), " ", value.to_text());
  if (!is_list(type)) return problem_with_entry(*this, value);
  for (const Value& entry : value.list()) {
    if (std::string problem = problem_with_entry(*this, entry); !problem.empty()) return problem;
  }
  return "";
}

namespace detail {

void read(const Value& from, bool& to) {
  to = from.boolean();
}
void read(const Value& from, int64_t& to) {
  to = from.integer();
}
void read(const Value& from, double& to) {
  to = from.real();
}
void read(const Value& from, std::string& to) {
  to = from.text();
}

template <class T>
static void read_list(const Value& from, std::vector<T>& to) {
  to.clear();
  for (const Value& entry : from.list()) read(entry, to.emplace_back());
}
void read(const Value& from, std::vector<int64_t>& to) {
  read_list(from, to);
}
void read(const Value& from, std::vector<double>& to) {
  read_list(from, to);
}
void read(const Value& from, std::vector<std::string>& to) {
  read_list(from, to);
}

}  // namespace detail

void fill_params(const std::vector<ParamSpec>& specs, const Table& given, void* params) {
  for (const auto& [name, value] : given) {
    const auto spec = std::ranges::find(specs, name, &ParamSpec::name);
    if (spec == specs.end()) {
      std::string known;
      for (const ParamSpec& s : specs) known += (known.empty() ? "" : ", ") + s.name;
      fail(Code::InvalidArgument, "unknown parameter '", name, "'; known: ", known.empty() ? "none" : known);
    }
    if (const std::string problem = spec->problem_with(value); !problem.empty()) {
      fail(Code::InvalidArgument, "parameter '", name, "': ", problem);
    }
    spec->assign(params, value);
  }
}

}  // namespace cairn
