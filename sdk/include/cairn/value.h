// A value as it stands in a pipeline file.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include <cairn/error.h>

namespace cairn {

struct Value;
using List = std::vector<Value>;
using Table = std::map<std::string, Value>;

struct CAIRN_API Value {
  std::variant<std::monostate, bool, int64_t, double, std::string, List, Table> data;

  Value() = default;
  Value(bool v) : data(v) {}
  Value(int v) : data(static_cast<int64_t>(v)) {}
  Value(int64_t v) : data(v) {}
  Value(double v) : data(v) {}
  Value(const char* v) : data(std::string(v)) {}
  Value(std::string v) : data(std::move(v)) {}
  Value(List v) : data(std::move(v)) {}
  Value(Table v) : data(std::move(v)) {}

  bool empty() const { return data.index() == 0; }
  template <class T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
  // An integer counts as a real number; anything else that does not fit is InvalidArgument.
  double real() const;
  int64_t integer() const;
  bool boolean() const;
  const std::string& text() const;
  const List& list() const;
  const Table& table() const;
  std::string to_text() const;    // as TOML would write it
  std::string type_name() const;  // "integer", "text", ...
  bool operator==(const Value&) const = default;
};

}  // namespace cairn
