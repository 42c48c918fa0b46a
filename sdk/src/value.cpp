#include <cairn/value.h>

#include <charconv>
#include <cmath>

namespace cairn {
namespace {

template <class T>
const T& expect(const Value& value, const char* wanted) {
  if (const T* found = value.as<T>()) return *found;
  fail(Code::InvalidArgument, "expected ", wanted, ", found ", value.type_name(), " ", value.to_text());
}

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  std::string text(buffer, end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char kHex[] = "0123456789ABCDEF";
      out += std::string("\\u00") + kHex[(c >> 4) & 15] + kHex[c & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

bool bare_key(const std::string& key) {
  return !key.empty() &&
         key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
}

}  // namespace

double Value::real() const {
  if (const auto* integer = as<int64_t>()) return static_cast<double>(*integer);
  return expect<double>(*this, "a number");
}
int64_t Value::integer() const {
  return expect<int64_t>(*this, "an integer");
}
bool Value::boolean() const {
  return expect<bool>(*this, "true or false");
}
const std::string& Value::text() const {
  return expect<std::string>(*this, "a text");
}
const List& Value::list() const {
  return expect<List>(*this, "a list");
}
const Table& Value::table() const {
  return expect<Table>(*this, "a table");
}

std::string Value::type_name() const {
  constexpr const char* kNames[] = {"nothing", "boolean", "integer", "number", "text", "list", "table"};
  return kNames[data.index()];
}

std::string Value::to_text() const {
  if (const auto* v = as<bool>()) return *v ? "true" : "false";
  if (const auto* v = as<int64_t>()) return std::to_string(*v);
  if (const auto* v = as<double>()) return number_text(*v);
  if (const auto* v = as<std::string>()) return quoted(*v);
  std::string out;
  if (const auto* v = as<List>()) {
    for (const Value& entry : *v) out += (out.empty() ? "" : ", ") + entry.to_text();
    return "[" + out + "]";
  }
  if (const auto* v = as<Table>()) {
    for (const auto& [key, entry] : *v)
      out += (out.empty() ? "" : ", ") + (bare_key(key) ? key : quoted(key)) + " = " + entry.to_text();
    return out.empty() ? "{}" : "{ " + out + " }";
  }
  return "";
}

}  // namespace cairn
