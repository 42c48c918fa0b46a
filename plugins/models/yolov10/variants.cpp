#include "yolov10/variants.h"

#include <cairn/error.h>

namespace cairn::models {

namespace {

// What rows 6, 8, 13, 19 and 22 are made of.
enum class Inside { C2f, Cib, LargeCib };

struct Variant {
  std::string_view name;
  Scaling scaling;
  Inside row6, row8, row13, row19, row22;
};

constexpr Inside kC2f = Inside::C2f, kCib = Inside::Cib, kLarge = Inside::LargeCib;
const Variant kVariants[] = {
    {"n", {0.33, 0.25, 1024}, kC2f, kC2f, kC2f, kC2f, kLarge},
    {"s", {0.33, 0.50, 1024}, kC2f, kLarge, kC2f, kC2f, kLarge},
    {"m", {0.67, 0.75, 768}, kC2f, kCib, kC2f, kCib, kCib},
    {"b", {0.67, 1.00, 512}, kC2f, kCib, kCib, kCib, kCib},
    {"l", {1.00, 1.00, 512}, kC2f, kCib, kCib, kCib, kCib},
    {"x", {1.00, 1.25, 512}, kCib, kCib, kCib, kCib, kCib},
};

// Bottlenecks have a shortcut in the backbone alone, CIBs everywhere.
Row block(Inside inside, int64_t repeats, int64_t channels, bool backbone) {
  if (inside == Inside::LargeCib) return {{-1}, repeats, "C2fCIB", {channels, 1, 1}};
  if (inside == Inside::Cib) return {{-1}, repeats, "C2fCIB", {channels, 1}};
  if (backbone) return {{-1}, repeats, "C2f", {channels, 1}};
  return {{-1}, repeats, "C2f", {channels}};
}

LayerTable table_of(const Variant& v) {
  return {
      {{-1}, 1, "Conv", {64, 3, 2}},
      {{-1}, 1, "Conv", {128, 3, 2}},
      {{-1}, 3, "C2f", {128, 1}},
      {{-1}, 1, "Conv", {256, 3, 2}},
      {{-1}, 6, "C2f", {256, 1}},
      {{-1}, 1, "SCDown", {512, 3, 2}},
      block(v.row6, 6, 512, true),
      {{-1}, 1, "SCDown", {1024, 3, 2}},
      block(v.row8, 3, 1024, true),
      {{-1}, 1, "SPPF", {1024, 5}},
      {{-1}, 1, "PSA", {1024}},
      {{-1}, 1, "Upsample", {}},
      {{-1, 6}, 1, "Concat", {}},
      block(v.row13, 3, 512, false),
      {{-1}, 1, "Upsample", {}},
      {{-1, 4}, 1, "Concat", {}},
      {{-1}, 3, "C2f", {256}},  // 16: stride 8
      {{-1}, 1, "Conv", {256, 3, 2}},
      {{-1, 13}, 1, "Concat", {}},
      block(v.row19, 3, 512, false),  // stride 16
      {{-1}, 1, "SCDown", {512, 3, 2}},
      {{-1, 10}, 1, "Concat", {}},
      block(v.row22, 3, 1024, false),  // stride 32
      {{16, 19, 22}, 1, "v10Detect", {}},
  };
}

}  // namespace

std::vector<std::string> yolov10_variant_names() {
  std::vector<std::string> names;
  for (const Variant& variant : kVariants) names.emplace_back(variant.name);
  return names;
}

YoloV10Variant yolov10_variant(std::string_view name) {
  for (const Variant& variant : kVariants) {
    if (variant.name == name) return {table_of(variant), variant.scaling};
  }
  fail(Code::InvalidArgument, "yolov10: there is no variant ", name);
}

}  // namespace cairn::models
