#include "store/canonical_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <cairn/error.h>

namespace cairn {

namespace {

constexpr int kDeepest = 32;
constexpr int64_t kLargestInteger = int64_t{1} << 53;

// Order of UTF-16 code units: as bytes, but what UTF-16 writes as surrogates (four bytes in UTF-8) comes before U+E000.
bool utf16_less(const std::string& a, const std::string& b) {
  const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (in_a == a.end() || in_b == b.end()) return a.size() < b.size();
  const auto x = static_cast<uint8_t>(*in_a), y = static_cast<uint8_t>(*in_b);
  if (x >= 0xF0 && (y == 0xEE || y == 0xEF)) return true;
  if (y >= 0xF0 && (x == 0xEE || x == 0xEF)) return false;
  return x < y;
}

// As ECMAScript prints a number: shortest digits, an exponent only below 1e-6 and from 1e21 on.
void write_real(double value, std::string& out) {
  if (!std::isfinite(value)) fail(Code::InvalidArgument, "JSON cannot hold ", value);
  if (value == 0) {
    out += '0';
    return;
  }
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, std::abs(value), std::chars_format::scientific).ptr;
  const std::string_view whole(text, static_cast<size_t>(end - text));
  const size_t e = whole.find('e');
  std::string digits(1, whole[0]);
  if (e > 2) digits += whole.substr(2, e - 2);
  const int exponent = std::atoi(std::string(whole.substr(e + 1)).c_str());
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // digits before the decimal point
  if (value < 0) out += '-';
  if (point > 21 || point < -5) {
    out += digits[0];
    if (count > 1) out.append(".").append(digits, 1);
    out.append(exponent < 0 ? "e-" : "e+").append(std::to_string(std::abs(exponent)));
  } else if (point <= 0) {
    out.append("0.").append(static_cast<size_t>(-point), '0').append(digits);
  } else if (point >= count) {
    out.append(digits).append(static_cast<size_t>(point - count), '0');
  } else {
    out.append(digits, 0, static_cast<size_t>(point)).append(".").append(digits, static_cast<size_t>(point));
  }
}

void write_text(const std::string& text, std::string& out) {
  try {
    out += nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    fail(Code::InvalidArgument, "a text in a JSON document is not UTF-8");
  }
}

void write(const nlohmann::json& value, std::string& out);

void write_object(const nlohmann::json& value, std::string& out) {
  std::vector<std::string> keys;
  for (const auto& [key, item] : value.items()) keys.push_back(key);
  std::sort(keys.begin(), keys.end(), utf16_less);
  out += '{';
  for (size_t i = 0; i < keys.size(); ++i) {
    if (i > 0) out += ',';
    write_text(keys[i], out);
    out += ':';
    write(value.at(keys[i]), out);
  }
  out += '}';
}

void write_integer(int64_t value, bool too_large, std::string& out) {
  if (too_large || value > kLargestInteger || value < -kLargestInteger) {
    fail(Code::InvalidArgument, "an integer beyond 2^53 must be written as text");
  }
  out += std::to_string(value);
}

void write(const nlohmann::json& value, std::string& out) {
  switch (value.type()) {
    case nlohmann::json::value_t::null:
      out += "null";
      return;
    case nlohmann::json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      return;
    case nlohmann::json::value_t::number_integer:
      return write_integer(value.get<int64_t>(), false, out);
    case nlohmann::json::value_t::number_unsigned:
      return write_integer(value.get<int64_t>(), value.get<uint64_t>() > static_cast<uint64_t>(kLargestInteger), out);
    case nlohmann::json::value_t::number_float:
      return write_real(value.get<double>(), out);
    case nlohmann::json::value_t::string:
      return write_text(value.get_ref<const std::string&>(), out);
    case nlohmann::json::value_t::object:
      return write_object(value, out);
    case nlohmann::json::value_t::array: {
      out += '[';
      for (size_t i = 0; i < value.size(); ++i) {
        if (i > 0) out += ',';
        write(value[i], out);
      }
      out += ']';
      return;
    }
    default:
      fail(Code::InvalidArgument, "a JSON document holds a value of type ", value.type_name());
  }
}

}  // namespace

std::string canonical_json(const nlohmann::json& value) {
  std::string out;
  write(value, out);
  return out;
}

nlohmann::json parse_canonical_json(std::string_view text, const std::string& what) {
  bool too_deep = false;
  const auto guard = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    // The parser itself keeps its own stack on the heap; depth is bounded for whoever walks the document.
    if (depth > kDeepest) too_deep = true;
    return !too_deep;
  };
  nlohmann::json value;
  try {
    value = nlohmann::json::parse(text, guard);
  } catch (const nlohmann::json::exception& error) {
    fail(Code::DataLoss, what, " is damaged: ", error.what());
  }
  if (too_deep) fail(Code::DataLoss, what, " is damaged: nested deeper than ", kDeepest);
  std::string again;
  try {
    again = canonical_json(value);
  } catch (Error& error) {
    fail(Code::DataLoss, what, " is damaged: ", error.message());
  }
  if (again != text) fail(Code::DataLoss, what, " is not in the canonical form of RFC 8785");
  return value;
}

}  // namespace cairn
