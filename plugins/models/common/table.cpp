#include "common/table.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/blocks.h"

namespace cairn::models {

int64_t Scaling::channels(int64_t unscaled) const {
  return static_cast<int64_t>(std::ceil(static_cast<double>(std::min(unscaled, max_channels)) * width / 8)) * 8;
}

int64_t Scaling::repeats(int64_t unscaled) const {
  if (unscaled <= 1) return unscaled;
  return std::max<int64_t>(std::llrint(static_cast<double>(unscaled) * depth), 1);
}

namespace {

Made make_conv(const Place& at) {
  const int64_t kernel = at.arg(1, 1), stride = at.arg(2, 1);
  List arguments = list_of(at.in(), at.out(), kernel, stride);
  if (at.args.size() > 3) arguments.emplace_back(at.args[3]);
  auto conv = std::make_shared<Conv>(at.in(), at.out(), kernel, stride, Activation::SiLU, 1, at.arg(3, kSamePadding));
  return {std::move(conv), {at.out()}, std::move(arguments)};
}

// Blocks of the form (in, out, repeats, inner bottlenecks with or without shortcut).
template <class BlockType>
Made make_repeating(const Place& at) {
  const auto shortcut = at.arg(1, 0) != 0 ? Shortcut::Yes : Shortcut::No;
  List arguments = list_of(at.in(), at.out(), at.repeats);
  if (shortcut == Shortcut::Yes) arguments.emplace_back(true);
  auto block = std::make_shared<BlockType>(at.in(), at.out(), at.repeats, bottlenecks(shortcut));
  return {std::move(block), {at.out()}, std::move(arguments)};
}

Made make_sppf(const Place& at) {
  const int64_t kernel = at.arg(1, 5);
  return {std::make_shared<Sppf>(at.in(), at.out(), kernel), {at.out()}, list_of(at.in(), at.out(), kernel)};
}

Made make_upsample(const Place& at) {
  return {std::make_shared<Upsample>(), {at.in()}, list_of(Value(), 2, "nearest")};
}

Made make_concat(const Place& at) {
  int64_t channels = 0;
  for (const auto& input : at.inputs) channels += input[0];
  return {std::make_shared<Concat>(), {channels}, list_of(1)};
}

}  // namespace

Makers standard_makers() {
  return {{"Conv", make_conv}, {"C2f", make_repeating<C2f>}, {"C2", make_repeating<C2>},
          {"SPPF", make_sppf}, {"Upsample", make_upsample},  {"Concat", make_concat}};
}

}  // namespace cairn::models
