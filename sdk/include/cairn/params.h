// A plugin's parameters: one declaration per parameter. Parsing, defaults, ranges, units, help, JSON schema,
// `cairn plugin show`, sweep spaces and the run's fingerprint all come from it.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <cairn/value.h>

namespace cairn {

enum class ParamType { Bool, Integer, Real, Text, Integers, Reals, Texts };
enum class Unit { None, Iterations, Epochs, Steps, Pixels, Degrees, Seconds, Bytes, Ratio, Images, Percent };
enum class MutableAt { Start, Epoch, Iteration };  // when `--set` on resume may change it

CAIRN_API std::string_view name_of(ParamType type);
CAIRN_API std::string_view name_of(Unit unit);

namespace unit {
inline constexpr Unit iterations = Unit::Iterations, epochs = Unit::Epochs, steps = Unit::Steps, pixels = Unit::Pixels,
                      degrees = Unit::Degrees, seconds = Unit::Seconds, bytes = Unit::Bytes, ratio = Unit::Ratio,
                      images = Unit::Images;
}  // namespace unit

struct Range {
  std::optional<double> low, high;
  bool low_open = false, high_open = false;
};
inline Range range(double low, double high) {
  return {low, high};
}
inline Range at_least(double low) {
  return {low, std::nullopt};
}
inline Range more_than(double low) {
  return {low, std::nullopt, true};
}
struct Choices {
  std::vector<std::string> values;
};
inline Choices one_of(std::vector<std::string> values) {
  return {std::move(values)};
}
struct Secret {};
struct Sweepable {};
struct Cosmetic {};  // does not affect numerics: stays out of the run's fingerprint
inline constexpr Secret secret{};
inline constexpr Sweepable sweepable{};
inline constexpr Cosmetic cosmetic{};

struct CAIRN_API ParamSpec {
  std::string name;
  ParamType type = ParamType::Bool;
  std::string help;
  Unit unit = Unit::None;
  Value default_value;
  Range range;                       // holds for every entry of a list
  std::vector<std::string> choices;  // of a text, or of every entry of a list of texts
  bool affects_numerics = true;
  bool secret = false;  // the value names a secret's source and is never shown
  bool sweepable = false;
  MutableAt mutable_at = MutableAt::Start;
  std::function<void(void* params, const Value&)> assign;

  // Empty when the value fits; else what is wrong, as "expected ..., found ...". Units in texts are read before this.
  std::string problem_with(const Value& value) const;
};

namespace detail {
template <class T>
struct TypeOf;
template <>
struct TypeOf<bool> {
  static constexpr ParamType type = ParamType::Bool;
};
template <>
struct TypeOf<int64_t> {
  static constexpr ParamType type = ParamType::Integer;
};
template <>
struct TypeOf<double> {
  static constexpr ParamType type = ParamType::Real;
};
template <>
struct TypeOf<std::string> {
  static constexpr ParamType type = ParamType::Text;
};
template <>
struct TypeOf<std::vector<int64_t>> {
  static constexpr ParamType type = ParamType::Integers;
};
template <>
struct TypeOf<std::vector<double>> {
  static constexpr ParamType type = ParamType::Reals;
};
template <>
struct TypeOf<std::vector<std::string>> {
  static constexpr ParamType type = ParamType::Texts;
};

CAIRN_API void read(const Value& from, bool& to);
CAIRN_API void read(const Value& from, int64_t& to);
CAIRN_API void read(const Value& from, double& to);
CAIRN_API void read(const Value& from, std::string& to);
CAIRN_API void read(const Value& from, std::vector<int64_t>& to);
CAIRN_API void read(const Value& from, std::vector<double>& to);
CAIRN_API void read(const Value& from, std::vector<std::string>& to);
template <class T>
Value to_value(const T& v) {
  if constexpr (requires(T copy) { copy.push_back(copy.front()); } && !std::is_same_v<T, std::string>) {
    List list;
    for (const auto& entry : v) list.emplace_back(entry);
    return list;
  } else {
    return Value(v);
  }
}

inline void apply(ParamSpec& spec, const Range& r) {
  spec.range = r;
}
inline void apply(ParamSpec& spec, const Choices& c) {
  spec.choices = c.values;
}
inline void apply(ParamSpec& spec, Unit u) {
  spec.unit = u;
}
inline void apply(ParamSpec& spec, MutableAt m) {
  spec.mutable_at = m;
}
inline void apply(ParamSpec& spec, const char* help) {
  spec.help = help;
}
inline void apply(ParamSpec& spec, Secret) {
  spec.secret = true;
}
inline void apply(ParamSpec& spec, Sweepable) {
  spec.sweepable = true;
}
inline void apply(ParamSpec& spec, Cosmetic) {
  spec.affects_numerics = false;
}
}  // namespace detail

// The parameter of `member`; its default is the member's initialiser. Extras in any order: range, choices, help, unit,
// flags.
template <class Params, class T, class... Extras>
ParamSpec make_param(std::string name, T Params::*member, const Extras&... extras) {
  ParamSpec spec;
  spec.name = std::move(name);
  spec.type = detail::TypeOf<T>::type;
  spec.default_value = detail::to_value(Params{}.*member);
  spec.assign = [member](void* params, const Value& v) { detail::read(v, static_cast<Params*>(params)->*member); };
  (detail::apply(spec, extras), ...);
  return spec;
}

// Defaults, then every given value. Unknown names and bad values are InvalidArgument, naming the parameter.
CAIRN_API void fill_params(const std::vector<ParamSpec>& specs, const Table& given, void* params);

}  // namespace cairn
