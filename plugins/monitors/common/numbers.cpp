#include "common/numbers.h"

#include <charconv>
#include <cstdio>

namespace cairn::monitors {

std::string exact_text(double value) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

std::string short_text(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

}  // namespace cairn::monitors
