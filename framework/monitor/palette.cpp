#include "monitor/palette.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace cairn {
namespace {

constexpr Colour hex(unsigned rgb) {
  return {static_cast<double>(rgb >> 16 & 255) / 255, static_cast<double>(rgb >> 8 & 255) / 255,
          static_cast<double>(rgb & 255) / 255, 1};
}

constexpr std::array<Colour, 20> kClasses = {hex(0xE4572E), hex(0x1F77B4), hex(0x2E9E4F), hex(0xF2B705), hex(0x8E44AD),
                                             hex(0x17A2B8), hex(0xD6336C), hex(0x6B8E23), hex(0x3F51B5), hex(0xFF8C42),
                                             hex(0x00897B), hex(0xB0413E), hex(0x5D4037), hex(0x7CB342), hex(0xC2185B),
                                             hex(0x0288D1), hex(0x9E9D24), hex(0x6A1B9A), hex(0xEF6C00), hex(0x546E7A)};

constexpr std::array<Colour, 5> kHeat = {hex(0xF7FBFF), hex(0xC6DBEF), hex(0x6BAED6), hex(0x2171B5), hex(0x08306B)};

Colour mix(Colour a, Colour b, double share) {
  return {a.red + (b.red - a.red) * share, a.green + (b.green - a.green) * share, a.blue + (b.blue - a.blue) * share,
          1};
}

}  // namespace

Colour class_colour(int index) {
  const auto count = static_cast<int>(kClasses.size());
  const int at = std::max(index, 0);
  const Colour base = kClasses[at % count];
  const int shade = at / count % 3;
  if (shade == 0) return base;
  return mix(base, shade == 1 ? Colour{1, 1, 1} : Colour{0, 0, 0}, 0.35);
}

Colour text_on(Colour background) {
  const double light = 0.299 * background.red + 0.587 * background.green + 0.114 * background.blue;
  return light > 0.6 ? Colour{0.1, 0.1, 0.1} : Colour{1, 1, 1};
}

Colour heat_colour(double value) {
  const double at = std::clamp(std::isfinite(value) ? value : 0.0, 0.0, 1.0) * (kHeat.size() - 1);
  const auto low = std::min(static_cast<size_t>(at), kHeat.size() - 2);
  return mix(kHeat[low], kHeat[low + 1], at - static_cast<double>(low));
}

}  // namespace cairn
