#include "config/pipeline.h"

#include <cmath>

#include "config/enum_names.h"

namespace cairn {

std::string_view name_of(Precision value) {
  return word(value);
}
std::string_view name_of(Determinism value) {
  return word(value);
}
std::string_view name_of(Cache value) {
  return word(value);
}
std::string_view name_of(ResizeRule value) {
  return word(value);
}
std::string_view name_of(EpochGradients value) {
  return word(value);
}
std::string_view name_of(NonFinite value) {
  return word(value);
}
std::string_view name_of(FastApRule value) {
  return word(value);
}
std::string_view name_of(BestMode value) {
  return word(value);
}

namespace {

std::string duration_text(double seconds) {
  if (std::fmod(seconds, 3600) == 0) return cat(seconds / 3600, " h");
  if (std::fmod(seconds, 60) == 0) return cat(seconds / 60, " min");
  const std::string number = Value(seconds).to_text();
  return (number.ends_with(".0") ? number.substr(0, number.size() - 2) : number) + " s";
}

}  // namespace

std::string to_text(const Trigger& trigger) {
  const char* plural = trigger.count == 1 ? "" : "s";
  switch (trigger.kind) {
    case Trigger::Kind::Epochs:
      return cat(trigger.count, " epoch", plural);
    case Trigger::Kind::Iterations:
      return cat(trigger.count, " iteration", plural);
    case Trigger::Kind::Steps:
      return cat(trigger.count, " step", plural);
    case Trigger::Kind::Time:
      return duration_text(trigger.seconds);
    case Trigger::Kind::Auto:
      return "auto";
  }
  return "";
}

}  // namespace cairn
