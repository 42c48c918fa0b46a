// A parameter that names the least and the greatest value of a draw, such as kernel = [3, 7].
#pragma once
#include <algorithm>
#include <string_view>
#include <vector>

#include <cairn/error.h>

namespace cairn::augment {

template <class T>
struct Interval {
  T low{}, high{};
};

// One entry means always this value; the order does not matter. An empty list is InvalidArgument.
template <class T>
Interval<T> interval_of(std::string_view parameter, const std::vector<T>& entries) {
  if (entries.empty()) {
    fail(Code::InvalidArgument, parameter, ": expected one value, or the least and the greatest; found an empty list");
  }
  const auto [low, high] = std::minmax_element(entries.begin(), entries.end());
  return {*low, *high};
}

}  // namespace cairn::augment
