// The words that a file uses for the values of an enumeration, in the enumeration's order.
#pragma once
#include <array>
#include <optional>
#include <string_view>

#include "config/pipeline.h"

namespace cairn {

template <class Enum>
struct Words;
template <>
struct Words<Precision> {
  static constexpr std::array<std::string_view, 4> list{"fp32", "bf16", "fp16", "auto"};
};
template <>
struct Words<Determinism> {
  static constexpr std::array<std::string_view, 2> list{"exact", "fast"};
};
template <>
struct Words<Cache> {
  static constexpr std::array<std::string_view, 3> list{"none", "ram", "disk"};
};
template <>
struct Words<ResizeRule> {
  static constexpr std::array<std::string_view, 2> list{"ceil", "truncate"};
};
template <>
struct Words<EpochGradients> {
  static constexpr std::array<std::string_view, 2> list{"zero", "carry"};
};
template <>
struct Words<NonFinite> {
  static constexpr std::array<std::string_view, 3> list{"stop", "skip", "rollback"};
};
template <>
struct Words<FastApRule> {
  static constexpr std::array<std::string_view, 3> list{"yolov5", "yolov7", "ultralytics-8.4"};
};
template <>
struct Words<BestMode> {
  static constexpr std::array<std::string_view, 2> list{"max", "min"};
};

template <class Enum>
constexpr std::string_view word(Enum value) {
  return Words<Enum>::list[static_cast<size_t>(value)];
}

template <class Enum>
std::optional<Enum> from_word(std::string_view text) {
  for (size_t i = 0; i < Words<Enum>::list.size(); ++i) {
    if (Words<Enum>::list[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace cairn
