#include "yolov5/blocks.h"

#include "common/blocks.h"

namespace cairn::models {

namespace {

// Inner bottlenecks are 1x1, 3x3.
Made make_c3(const Place& at) {
  const auto shortcut = at.arg(1, 0) != 0 ? Shortcut::Yes : Shortcut::No;
  List arguments = list_of(at.in(), at.out(), at.repeats);
  if (shortcut == Shortcut::No) arguments.emplace_back(false);
  const Inner inner = [shortcut](int64_t channels) { return std::make_shared<Bottleneck>(channels, shortcut, 1, 3); };
  return {std::make_shared<C3>(at.in(), at.out(), at.repeats, inner), {at.out()}, std::move(arguments)};
}

}  // namespace

Makers yolov5_makers() {
  Makers makers = standard_makers();
  makers["C3"] = make_c3;
  return makers;
}

}  // namespace cairn::models
