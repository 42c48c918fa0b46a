// A pipeline file as a tree in which every value and every key knows where it was written.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <cairn/value.h>

#include "config/origin.h"

namespace cairn {

struct Node {
  enum class Kind { Scalar, List, Table } kind = Kind::Table;
  std::string name;            // within its table; empty in a list
  Origin name_origin;          // of the key; of a table: its header
  Origin origin;               // of the value
  Value scalar;                // of a Scalar: boolean, integer, number or text
  std::string raw;             // of a Scalar from --set: the text as it was typed
  std::vector<Node> children;  // of a List in order, of a Table in the order of the file

  const Node* find(std::string_view child) const;
  Node* find(std::string_view child);
  const std::string* text(std::string_view child) const;  // the child's text, null when it is absent or no text
  Node& put(Node child);                                  // by its name, over one that is there
  void erase(std::string_view child);
  std::string type_name() const;  // as Value::type_name()
  Value value() const;            // without origins
};

// Lays `over` on `base`: tables merge key by key, anything else (lists of tables too) is replaced whole.
// Of run.epochs and run.iterations the upper one removes the lower; a new keep.best replaces the old one whole, since
// its mode has no meaning for another metric.
void lay_over(Node& base, const Node& over);

}  // namespace cairn
