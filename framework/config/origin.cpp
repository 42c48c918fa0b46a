#include "config/origin.h"

#include <cairn/error.h>

namespace cairn {

std::string Origin::place() const {
  std::string text;
  switch (layer) {
    case Layer::Default:
      return "default";
    case Layer::Preset:
      text = "preset " + source;
      break;
    case Layer::Set:
      return "--set " + source;
    default:
      text = source;
  }
  if (line > 0) text += cat(":", line);
  if (column > 0) text += cat(":", column);
  return text;
}

std::string Origin::to_text() const {
  std::string text;
  switch (layer) {
    case Layer::Default:
      text = "default";
      break;
    case Layer::Preset:
      text = "preset " + source;
      break;
    case Layer::Set:
      text = "--set";
      break;
    default:
      text = cat(layer == Layer::Site ? "site " : "", source, ":", line);
  }
  for (const std::string& name : environment) text += ", environment " + name;
  return text;
}

std::string ConfigProblem::to_text() const {
  std::string text = where.place() + ": ";
  if (!key.empty()) text += key + ": ";
  text += message;
  if (!expected.empty()) text += (message.empty() ? "expected " : "; expected ") + expected;
  if (!found.empty()) text += (message.empty() && expected.empty() ? "found " : ", found ") + found;
  if (!nearest.empty()) text += "; did you mean " + nearest + "?";
  return text;
}

}  // namespace cairn
